"""Procrastinate's entry points."""

from uuid import UUID

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from accounts.services import webhooks
from accounts.services.departures import delete_due_accounts
from accounts.services.key_checks import check_keys_in_use
from accounts.services.key_notices import forget_old_notices, tell_of_keys
from accounts.services.rate_notices import tell_of_learned_rates
from accounts.services.revocation_notices import tell_of_revoked_keys


@app.periodic(cron="* * * * *")
@app.task(queue="balances", queueing_lock="balances")
async def watch_balances(timestamp: int) -> None:
    await check_keys_in_use()
    await sync_to_async(tell_of_keys)()


@app.periodic(cron="* * * * *")
@app.task(queue="webhooks", queueing_lock="webhooks")
async def start_deliveries(timestamp: int) -> None:
    """Every minute: those that were written lately, and those that are to be tried again."""
    for delivery_id in await sync_to_async(webhooks.due_deliveries)():
        await deliver_webhook.defer_async(delivery_id=str(delivery_id))


@app.task(queue="webhooks")
async def deliver_webhook(*, delivery_id: str) -> None:
    await webhooks.deliver(UUID(delivery_id))


@app.periodic(cron="29 3 * * *")
@app.task(queue="webhooks", queueing_lock="forget_notices")
async def forget_notices(timestamp: int) -> None:
    """Every night."""
    await sync_to_async(forget_old_notices)()
    await sync_to_async(webhooks.forget_old_deliveries)()


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
