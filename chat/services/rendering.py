"""Answers whose HTML an older renderer made, or none yet, are laid out anew, so that no page has to do it each time."""

import logging
from uuid import UUID

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from chat import markdown, tasks
from chat.models import Message

logger = logging.getLogger(__name__)

# An answer of the usual length takes about 5 ms.
ROWS_AT_ONCE = 50


def render_old_messages() -> int:
    """How many were rendered. Newest first is not needed: a page that comes before it renders for itself.

    May be ended at any time, and run twice at once: an answer that changes meanwhile is left alone. It keeps a few
    dozen answers in memory, locks each for the moment of its own update, and reads the table once.
    """
    count = 0
    last: UUID | None = None
    while ids := _next_ids(after=last):
        for message in Message.objects.filter(pk__in=ids).only("text", "stored_html_version").iterator():
            count += _render(message)
        last = ids[-1]
    logger.info("messages_rendered", extra={"messages": count, "version": markdown.VERSION})
    return count


def _next_ids(*, after: UUID | None) -> list[UUID]:
    old = Message.objects.filter(role=Message.Role.ASSISTANT, stored_html_version__lt=markdown.VERSION)
    later = old.filter(pk__gt=after) if after else old
    return list(later.exclude(text="").order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE])


def _render(message: Message) -> int:
    unchanged = Message.objects.filter(pk=message.pk, stored_html_version=message.stored_html_version)
    return unchanged.update(stored_html=markdown.render(message.text), stored_html_version=markdown.VERSION)


def render_old_messages_soon() -> None:
    """As a job. One that waits already will do."""
    try:
        with transaction.atomic():
            tasks.render_old_messages.defer()
    except AlreadyEnqueued:
        pass
