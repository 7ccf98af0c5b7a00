"""A database that comes back from a backup doesn't know what was sent since, so what it has queued is not sent."""

import structlog
from django.db import connection, transaction
from django.utils import timezone

from chat.models import DatabaseIdentity, Reply
from chat.models.reply import State

log = structlog.get_logger(__name__)

# The first eight digits of the name of a file of the write-ahead log are its timeline.
IDENTITY = """
    SELECT 'chat_reply'::regclass::oid::bigint,
        ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
"""


@transaction.atomic
def doubt_what_was_restored() -> None:
    """To be called before a worker takes anything. In the database that it was last time, this changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        table_oid, timeline = cursor.fetchone()
    now = {"table_oid": table_oid, "timeline": timeline}
    known, is_new = DatabaseIdentity.objects.select_for_update().get_or_create(pk=1, defaults=now)
    if not is_new and now != {"table_oid": known.table_oid, "timeline": known.timeline}:
        doubt_what_is_queued()
        DatabaseIdentity.objects.update(**now)


def doubt_what_is_queued() -> int:
    """All that is queued may have been sent, and billed, after the backup was made: only a person may send it again."""
    queued = Reply.objects.filter(state=State.QUEUED).select_for_update()
    for reply in queued:
        reply.move(to=State.SUBMITTING, fence=reply.fence + 1, submit_started_at=timezone.now(), not_before=None)
        reply.move(to=State.UNKNOWN, billed=Reply.Billed.UNKNOWN, failure_kind=Reply.FailureKind.UPSTREAM)
    if queued:
        log.warning("queued_replies_doubted", replies=len(queued))
    return len(queued)
