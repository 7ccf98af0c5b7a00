"""Procrastinate's entry points."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from accounts.services.departures import delete_due_accounts


@app.periodic(cron="23 * * * *")
@app.task(queue="people", queueing_lock="delete_due_accounts")
async def delete_accounts(timestamp: int) -> None:
    """Every hour."""
    await sync_to_async(delete_due_accounts)()
