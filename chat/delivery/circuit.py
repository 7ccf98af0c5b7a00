"""A host that is down is left alone by all workers together, and met gently when it is back."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chat.models import Circuit

FAILURES_TO_OPEN = 3
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 30.0
SECONDS_BETWEEN_WAITERS = 0.1

FAILED = """
    INSERT INTO chat_circuit (host, failures, since) VALUES (%s, 1, %s)
    ON CONFLICT (host) DO UPDATE SET failures = chat_circuit.failures + 1 RETURNING failures
"""
SPREAD = """
    UPDATE chat_reply SET not_before = %(now)s + place * %(gap)s * interval '1 s'
    FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS place FROM chat_reply WHERE state = 'queued') waiting
    WHERE chat_reply.id = waiting.id AND chat_reply.state = 'queued'
"""


def note_failure() -> None:
    """No connection came about. After a few of these in a row replies wait, but for one now and then that tries."""
    with connection.cursor() as cursor:
        cursor.execute(FAILED, [settings.SEGMIND_BASE_URL, timezone.now()])
        failures: int = cursor.fetchone()[0]
    if failures >= FAILURES_TO_OPEN:
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - FAILURES_TO_OPEN, 10), LONGEST_PAUSE_SECONDS)
        Circuit.objects.filter(host=settings.SEGMIND_BASE_URL).update(
            next_try_at=timezone.now() + timedelta(seconds=pause)
        )


@transaction.atomic
def note_answer() -> None:
    """The host is there, whatever it said. Those who waited for it go one after the other, not all at once."""
    _, removed = Circuit.objects.filter(host=settings.SEGMIND_BASE_URL, next_try_at__isnull=False).delete()
    Circuit.objects.filter(host=settings.SEGMIND_BASE_URL).delete()
    if removed:
        with connection.cursor() as cursor:
            cursor.execute(SPREAD, {"now": timezone.now(), "gap": SECONDS_BETWEEN_WAITERS})
