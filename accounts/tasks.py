"""Procrastinate's entry points."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from accounts.services.balance_warnings import warn_of_low_balances
from accounts.services.departures import delete_due_accounts
from accounts.services.key_checks import check_keys_in_use
from accounts.services.rate_notices import tell_of_learned_rates
from accounts.services.revocation_notices import tell_of_revoked_keys


@app.periodic(cron="* * * * *")
@app.task(queue="balances", queueing_lock="balances")
async def watch_balances(timestamp: int) -> None:
    await check_keys_in_use()
    await sync_to_async(warn_of_low_balances)()


@app.periodic(cron="* * * * *")
@app.task(queue="rates", queueing_lock="rates")
async def tell_of_rates(timestamp: int) -> None:
    await sync_to_async(tell_of_learned_rates)()


@app.periodic(cron="* * * * *")
@app.task(queue="revocations", queueing_lock="revocations")
async def tell_of_revocations(timestamp: int) -> None:
    await sync_to_async(tell_of_revoked_keys)()


@app.periodic(cron="23 * * * *")
@app.task(queue="people", queueing_lock="delete_due_accounts")
async def delete_accounts(timestamp: int) -> None:
    """Every hour."""
    await sync_to_async(delete_due_accounts)()
