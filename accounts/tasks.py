"""Procrastinate's entry points."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from accounts.services.balance_warnings import warn_of_low_balances
from accounts.services.key_checks import check_keys_in_use


@app.periodic(cron="* * * * *")
@app.task(queue="balances", queueing_lock="balances")
async def watch_balances(timestamp: int) -> None:
    await check_keys_in_use()
    await sync_to_async(warn_of_low_balances)()
