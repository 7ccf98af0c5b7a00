"""Procrastinate's jobs. A reply is none of them: its row is its job, and delivery decides what may be tried again."""

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

# A mail server may be away for an hour; its faults are all OSErrors.
UNTIL_THE_MAIL_IS_OUT = RetryStrategy(max_attempts=6, exponential_wait=5, retry_exceptions=[OSError])
UNTIL_IT_IS_RECORDED = RetryStrategy(max_attempts=6, exponential_wait=5, retry_exceptions=[DatabaseError])


@app.task(queue="mail", retry=UNTIL_THE_MAIL_IS_OUT)
async def mail_about_retired_model(*, model_id: int) -> None:
    from chat.services import retirement  # leaf: services import tasks

    await sync_to_async(retirement.mail_administrators)(model_id=model_id)


@app.task(queue="audit", retry=UNTIL_IT_IS_RECORDED)
async def record_retired_model(*, model_id: int) -> None:
    from chat.services import retirement  # leaf: services import tasks

    await sync_to_async(retirement.record_retirement)(model_id=model_id)


@app.periodic(cron="*/2 * * * *")
@app.task(queue="costs", queueing_lock="measure_costs")
async def measure_costs(timestamp: int) -> None:
    from chat.services import costs  # leaf: services import tasks

    await sync_to_async(costs.measure_costs)()


@app.task(queue="mail", retry=UNTIL_THE_MAIL_IS_OUT)
async def mail_about_budget_request(*, request_id: int, page: str) -> None:
    from chat.services import budget_requests  # leaf: services import tasks

    await sync_to_async(budget_requests.mail_administrators)(request_id=request_id, page=page)


@app.task(queue="mail", retry=UNTIL_THE_MAIL_IS_OUT)
async def mail_about_budget_decision(*, request_id: int) -> None:
    from chat.services import budget_requests  # leaf: services import tasks

    await sync_to_async(budget_requests.mail_person)(request_id=request_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="budgets", queueing_lock="budgets")
async def watch_budgets(timestamp: int) -> None:
    from chat.services import budget_warnings  # leaf: services import tasks

    await sync_to_async(budget_warnings.warn_of_budgets)()
