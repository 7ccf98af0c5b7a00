"""Whose turn it is. The replies themselves are the queue: nothing stands between a stored message and its sending."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import ApiKey
from accounts.rows import columns, fetch
from chat.models import LanguageModel, Message, Reply
from chat.models.reply import Place, State

BEHIND_ANOTHER = timedelta(seconds=0.5)
LEASE = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
HELD_FOR = timedelta(days=1)
BETWEEN_PROBES = timedelta(seconds=15)
# How long another worker has a key locked, usually.
UNTIL_UNLOCKED = timedelta(seconds=0.05)
# Whoever has been queued for less is sent in a moment, and no place is worth showing.
AT_ONCE = timedelta(seconds=1)

# Every queued reply, and when it may go. `step` is what one sending takes of a key's minute: `since` and so many steps
# is the moment for the reply in that place (GCRA, with a burst of one minute's rate). People take turns on a key,
# whoever was served longest ago first. `above` is the latest attempt at the answer before it: what was written while
# that was on its way waits for its end, and, if no answer came of it, for its person.
QUEUE = """
    queued AS MATERIALIZED (
        SELECT reply.id, reply.api_key_id, reply.owner_id, reply.created_at,
            above.state IN ('queued', 'submitting', 'processing') IS TRUE AS is_behind,
            (above.state IN ('failed', 'unknown') AND above.finished_at >= reply.created_at
                AND NOT reply.goes_regardless) IS TRUE AS is_held,
            GREATEST(reply.not_before, CASE WHEN above.state IN ('queued', 'submitting', 'processing')
                THEN %(now)s + %(behind_another)s END) AS ready_at
        FROM chat_reply reply
        JOIN accounts_user owner ON owner.id = reply.owner_id AND owner.is_active
        JOIN chat_message answer ON answer.id = reply.message_id
        LEFT JOIN chat_message question ON question.id = answer.parent_id
        LEFT JOIN LATERAL (
            SELECT state, finished_at FROM chat_reply attempt
            WHERE attempt.message_id = question.parent_id ORDER BY attempt.created_at DESC LIMIT 1
        ) above ON true
        WHERE reply.state = 'queued'
    ),
    served AS MATERIALIZED (
        SELECT owner_id, (
            SELECT submit_started_at FROM chat_reply sent
            WHERE sent.owner_id = person.owner_id AND submit_started_at IS NOT NULL
            ORDER BY sent.created_at DESC LIMIT 1
        ) AS served_at
        FROM (SELECT DISTINCT owner_id FROM queued) person
    ),
    in_order AS (
        SELECT id, api_key_id, created_at, row_number() OVER (
            PARTITION BY api_key_id ORDER BY turn, served_at NULLS FIRST, created_at
        ) AS place
        FROM (
            SELECT *, row_number() OVER (PARTITION BY api_key_id, owner_id ORDER BY created_at) AS turn
            FROM queued WHERE NOT is_held AND (ready_at IS NULL OR ready_at <= %(now)s)
        ) ready JOIN served USING (owner_id)
    ),
    due AS MATERIALIZED (
        SELECT in_order.id, api_key_id, place, created_at, COALESCE(since + place * step, %(now)s) AS due_at
        FROM in_order LEFT JOIN pace ON pace.id = api_key_id
    )
"""
PACE = """
    SELECT id, GREATEST(paced_until, %(now)s) - interval '60 s' AS since, interval '60 s' / rate AS step
    FROM accounts_apikey WHERE id IN (SELECT api_key_id FROM chat_reply WHERE state = 'queued')
"""

CLAIMED = {"reply": Reply, "message": Message, "model": LanguageModel, "api_key": ApiKey}
# The keys are locked, so that workers count a key's sendings one after the other. Those that another worker has locked
# are left to it: it may have halted, and must not hold up everybody else's.
CLAIM = f"""
    WITH pace AS MATERIALIZED ({PACE} ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
    {QUEUE},
    circuit AS (SELECT next_try_at FROM chat_circuit WHERE host = %(host)s AND next_try_at IS NOT NULL),
    chosen AS (
        SELECT id FROM due WHERE due_at <= %(now)s AND (api_key_id IS NULL OR api_key_id IN (SELECT id FROM pace))
        ORDER BY due_at, place, created_at LIMIT (
            SELECT CASE WHEN min(next_try_at) <= %(now)s THEN 1 WHEN count(*) > 0 THEN 0 ELSE %(limit)s END
            FROM circuit
        )
    ),
    claimed AS (
        UPDATE chat_reply reply SET state = 'submitting', fence = fence + 1, not_before = NULL, failure_kind = '',
            submit_started_at = %(now)s, lease_until = %(lease_until)s
        FROM chosen WHERE reply.id = chosen.id AND reply.state = 'queued'
        RETURNING reply.*
    ),
    paced AS (
        UPDATE accounts_apikey api_key SET last_used_at = %(now)s,
            paced_until = GREATEST(paced_until, %(now)s) + taken.number * interval '60 s' / rate
        FROM (SELECT api_key_id, count(*) AS number FROM claimed GROUP BY api_key_id) taken
        WHERE api_key.id = taken.api_key_id
    ),
    probing AS (
        UPDATE chat_circuit SET next_try_at = %(now)s + %(between_probes)s
        WHERE host = %(host)s AND next_try_at <= %(now)s AND EXISTS (SELECT FROM claimed)
    ),
    soon AS (
        SELECT due_at AS moment FROM due UNION ALL SELECT ready_at FROM queued WHERE NOT is_held
        UNION ALL SELECT next_try_at FROM circuit
        UNION ALL SELECT %(now)s + %(until_unlocked)s FROM due
        WHERE due_at <= %(now)s AND api_key_id NOT IN (SELECT id FROM pace)
    )
    SELECT {columns(CLAIMED)}, next.moment, EXISTS (SELECT FROM chat_circuit WHERE host = %(host)s) AS is_in_trouble
    FROM (SELECT min(moment) AS moment FROM soon WHERE moment > %(now)s) next LEFT JOIN claimed reply ON true
    LEFT JOIN chat_message message ON message.id = reply.message_id
    LEFT JOIN chat_languagemodel model ON model.id = reply.model_id
    LEFT JOIN accounts_apikey api_key ON api_key.id = reply.api_key_id
"""
PLACES = f"""
    WITH pace AS ({PACE}), {QUEUE}
    SELECT queued.id, COALESCE(due.place - 1, 0),
        CASE WHEN NOT is_held THEN GREATEST(due.due_at, queued.ready_at, circuit.next_try_at) END, is_behind,
        circuit.next_try_at IS NOT NULL AND NOT is_held
    FROM queued LEFT JOIN due USING (id) LEFT JOIN chat_circuit circuit ON circuit.host = %(host)s
    WHERE queued.id = ANY(%(reply_ids)s)
"""


@dataclass(frozen=True)
class Claim:
    """The replies that a worker has just taken, with message, model and key, and when it is worth looking again.

    None for the moment: when there is news.
    """

    replies: list[Reply]
    look_again_at: datetime | None
    is_in_trouble: bool

    @property
    def reply_ids(self) -> list[UUID]:
        return [reply.pk for reply in self.replies]


def claim_due(*, limit: int) -> Claim:
    """Take up to `limit` replies whose turn it is: `submitting`, under a lease, one fence on. One statement.

    In the caller's transaction: nothing may be sent before that is committed.
    """
    now = timezone.now()
    values = {
        "now": now,
        "lease_until": now + LEASE,
        "limit": limit,
        "between_probes": BETWEEN_PROBES,
        "until_unlocked": UNTIL_UNLOCKED,
    }
    rows = fetch(CLAIM, known() | values, CLAIMED)
    for reply, message, model, api_key, *_ in rows:
        if reply:
            reply.message, reply.model, reply.api_key = message, model, api_key
    *_, look_again_at, is_in_trouble = rows[0]
    return Claim([reply for reply, *_ in rows if reply], look_again_at, is_in_trouble)


def attach_places(replies: Iterable[Reply]) -> None:
    """Fill in `reply.place` of those that have to wait for their turn. One query, and none if there are no such."""
    now = timezone.now()
    waiting = {reply.pk: reply for reply in replies if reply.state == State.QUEUED and reply.created_at < now - AT_ONCE}
    if not waiting:
        return
    values = {"now": now, "reply_ids": list(waiting)}
    for reply_id, ahead, at, is_behind, is_host_away in fetch(PLACES, known() | values, {}):
        if at is None or at > now:
            waiting[reply_id].place = Place(ahead, at, is_behind, is_host_away)


def held_too_long() -> QuerySet[Reply]:
    """The replies that are held (`is_held` above) for more than a day."""
    above = Reply.objects.filter(message=OuterRef("message__parent__parent")).order_by("-created_at")
    old = Reply.objects.filter(state=State.QUEUED, goes_regardless=False, created_at__lt=timezone.now() - HELD_FOR)
    return old.annotate(
        above_state=Subquery(above.values("state")[:1]), above_ended=Subquery(above.values("finished_at")[:1])
    ).filter(above_state__in=[State.FAILED, State.UNKNOWN], above_ended__gte=F("created_at"))


def known() -> dict[str, Any]:
    """What the statements above take besides the moment."""
    return {"behind_another": BEHIND_ANOTHER, "host": settings.SEGMIND_BASE_URL}
