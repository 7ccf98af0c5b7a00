"""Procrastinate's jobs. A reply is none of them: its row is its job, and delivery decides what may be tried again."""

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

# A mail server may be away for an hour; its faults are all OSErrors.
UNTIL_THE_MAIL_IS_OUT = RetryStrategy(max_attempts=6, exponential_wait=5, retry_exceptions=[OSError])
UNTIL_IT_IS_RECORDED = RetryStrategy(max_attempts=6, exponential_wait=5, retry_exceptions=[DatabaseError])


@app.periodic(cron="41 4 * * *")
@app.task(queue="drafts", queueing_lock="delete_old_drafts")
async def forget_old_drafts(timestamp: int) -> None:
    """Every night."""
    from chat.services import drafts  # leaf: services import tasks

    await sync_to_async(drafts.delete_old_drafts)()


@app.task(queue="mail", retry=UNTIL_THE_MAIL_IS_OUT)
async def mail_about_retired_model(*, model_id: int) -> None:
    from chat.services import retirement  # leaf: services import tasks

    await sync_to_async(retirement.mail_administrators)(model_id=model_id)


@app.task(queue="audit", retry=UNTIL_IT_IS_RECORDED)
async def record_retired_model(*, model_id: int) -> None:
    from chat.services import retirement  # leaf: services import tasks

    await sync_to_async(retirement.record_retirement)(model_id=model_id)


@app.task(queue="mail", retry=UNTIL_THE_MAIL_IS_OUT)
async def mail_about_reported_share(*, report_id: int) -> None:
    from chat.services import shares  # leaf: services import tasks

    await sync_to_async(shares.mail_report)(report_id=report_id)


@app.periodic(cron="41 3 * * *")
@app.task(queue="trash", queueing_lock="purge_trash")
async def purge_trash(timestamp: int) -> None:
    """Every night."""
    from chat.services import organising  # leaf: services import tasks

    await sync_to_async(organising.purge_trash)()


@app.periodic(cron="17 3 * * *")
@app.task(queue="rendering", queueing_lock="render_old_messages")
async def render_old_messages(timestamp: int = 0) -> None:
    """Every night, and after an import."""
    from chat.services import rendering  # leaf: services import tasks

    await sync_to_async(rendering.render_old_messages)()


@app.periodic(cron="* * * * *")
@app.task(queue="files", queueing_lock="files")
async def tidy_files(timestamp: int) -> None:
    """Every minute: files that were never sent, and those whose rows are gone."""
    from chat.services import attachments, files  # leaf: services import tasks

    await sync_to_async(attachments.remove_unsent)()
    await sync_to_async(files.remove_strays)()


@app.periodic(cron="17 * * * *")
@app.task(queue="usage", queueing_lock="usage")
async def roll_up_usage(timestamp: int) -> None:
    """Every hour."""
    from chat.services import usage  # leaf: services import tasks

    await sync_to_async(usage.roll_up_what_is_over)()


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


@app.periodic(cron="* * * * *")
@app.task(queue="search", queueing_lock="note_search_words")
async def note_search_words(timestamp: int) -> None:
    """Every minute; in pieces, between which the worker's other work goes on."""
    from chat.services.search_words import note_words, take_in_new_entries  # leaf: services import tasks

    await sync_to_async(take_in_new_entries)()
    after = await sync_to_async(note_words)()
    while after is not None:
        after = await sync_to_async(note_words)(after)


@app.periodic(cron="41 3 * * *")
@app.task(queue="search", queueing_lock="forget_search_words")
async def forget_search_words(timestamp: int) -> None:
    """Every night: what was deleted must not live on in the vocabulary."""
    from chat.services.search_words import forget_words  # leaf: services import tasks

    after = await sync_to_async(forget_words)()
    while after is not None:
        after = await sync_to_async(forget_words)(after)
