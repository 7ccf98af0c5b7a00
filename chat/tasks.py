"""Procrastinate's entry points. A job takes ids, may run twice, and is never retried by the queue."""

from uuid import UUID

from procrastinate.contrib.django import app


@app.task(queue="replies")
async def deliver_reply(*, reply_id: str) -> None:
    from chat import delivery  # leaf: services import tasks

    await delivery.deliver(UUID(reply_id))


@app.periodic(cron="*/20 * * * * *")
@app.task(queue="rescue", queueing_lock="rescue")
async def rescue_replies(timestamp: int) -> None:
    from chat import delivery  # leaf: services import tasks

    await delivery.rescue()
