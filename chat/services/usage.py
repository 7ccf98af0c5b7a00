"""What was asked, and what it cost: sums of the ledger, as everybody's and one's own usage pages show them.

Days that are over are summed up once, into UsageDay; the rest is summed up from the replies whenever somebody asks. A
reply that changes late takes its day out of RolledDay, in the same transaction, and so back among the rest: the figures
are those of the ledger at any moment, and a periodic job only makes them quick.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Reply, RolledDay, UsageDay

# Answers are counted by how long they took, in seconds; each bound is two fifths above the one before.
WAIT_BOUNDS = [round(0.1 * 1.4**step, 4) for step in range(28)]
# Replies may change for as long as Segmind keeps a result, and seldom do after.
ROLLED_AFTER = timedelta(days=1)
# Held by a roll-up, and shared by what takes a day out again (migration usage_days): one waits for the other.
ROLLING = 7_240_001


class By(StrEnum):
    """What the figures may be taken apart by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    PERSON = "person"
    GROUP = "group"
    MODEL = "model"
    KEY = "key"
    CONVERSATION = "conversation"


COUNTS = ("replies", "failed", "unknown", "read", "written", "spent")
TIMES = (By.DAY, By.WEEK, By.MONTH)
SLICES = {
    **{unit: f"date_trunc('{unit}', day)::date" for unit in TIMES},
    By.PERSON: "owner_id",
    By.GROUP: "membership.group_id",
    By.MODEL: "model_id",
    By.KEY: "api_key_id",
    By.CONVERSATION: "conversation",
}
OF_GROUPS = "JOIN accounts_group_members membership ON membership.user_id = owner_id"

# A row of `spans` is a day that is not rolled up: day, start and stop.
DAYS = """
    SELECT day::date AS day, day::date::timestamp AT TIME ZONE %(zone)s AS start,
        (day::date + 1)::timestamp AT TIME ZONE %(zone)s AS stop
    FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 day') AS day
"""
COUNTED_WAITS = ", ".join(f"count(*) FILTER (WHERE step = {step})" for step in range(len(WAIT_BOUNDS) + 1))
SUMMED_WAITS = ", ".join(f"sum(waits[{step + 1}])::int" for step in range(len(WAIT_BOUNDS) + 1))
COLUMNS = "day, owner_id, model_id, api_key_id, conversation, replies, failed, unknown, read, written, spent, waits"
# OFFSET 0 has each reply's message looked up by its id: the planner takes a day for far more than it is, and would read
# all messages instead, for seconds.
FROM_REPLIES = f"""
    SELECT spans.day, reply.owner_id, reply.model_id, reply.api_key_id, message.conversation_id,
        count(*), count(*) FILTER (WHERE state = 'failed'),
        count(*) FILTER (WHERE billed = 'unknown' OR billed = 'yes' AND cost IS NULL),
        coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),
        coalesce(sum(cost) FILTER (WHERE billed = 'yes'), 0),
        ARRAY[{COUNTED_WAITS}]
    FROM spans JOIN chat_reply reply ON reply.created_at >= spans.start AND reply.created_at < spans.stop
    LEFT JOIN LATERAL (
        SELECT conversation_id FROM chat_message WHERE id = reply.message_id OFFSET 0
    ) message ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN state = 'completed' THEN width_bucket(
            extract(epoch FROM reply.finished_at - reply.created_at)::float, %(bounds)s::float[]
        ) END AS step
    ) waited
    WHERE %(owner)s::bigint IS NULL OR reply.owner_id = %(owner)s
    GROUP BY spans.day, reply.owner_id, reply.model_id, reply.api_key_id, message.conversation_id
"""
ROLL_UP = f"""
    WITH spans AS ({DAYS}) INSERT INTO chat_usageday ({COLUMNS}) {FROM_REPLIES}
"""


@dataclass(frozen=True)
class Period:
    """Days, both of them included."""

    first: date
    last: date

    @property
    def before(self) -> Self:
        """As many days, right before these."""
        length = self.last - self.first + timedelta(days=1)
        return type(self)(self.first - length, self.last - length)


@dataclass(frozen=True)
class Figures:
    """The sums of some replies. `of` is what they have in common: a day, or the id of a person, model, key, ..."""

    of: Any
    replies: int = 0
    failed: int = 0
    unknown: int = 0  # replies of unknown cost, which are in no sum
    read: int = 0  # tokens
    written: int = 0  # tokens
    spent: Decimal = Decimal(0)  # credits
    waits: tuple[int, ...] = ()

    @property
    def median(self) -> float | None:
        """Seconds in which half of the answers were there, to about a tenth; None without an answer."""
        return waited(self.waits, share=0.5)

    @property
    def p95(self) -> float | None:
        """Seconds in which 95 of 100 answers were there, to about a tenth."""
        return waited(self.waits, share=0.95)


def waited(counts: Iterable[int], *, share: float) -> float | None:
    """Seconds after which this share of the answers had come, evenly spread between two bounds."""
    counts = list(counts)
    left = share * sum(counts)
    for count, (low, high) in zip(counts, pairwise([0.0, *WAIT_BOUNDS, WAIT_BOUNDS[-1]]), strict=False):
        if count and left <= count:
            return low + (high - low) * left / count
        left -= count
    return None


def figures(
    period: Period,
    *,
    by: By | tuple[By, ...] | None = None,
    owner: User | None = None,
    zone: str = "",
    only: dict[By, Any] | None = None,
) -> list[Figures]:
    """The period's figures, taken apart by `by`; without it a list of one, or none. One query.

    By several at once, `of` is a tuple. `zone` is whose midnights count, the site's unless said; `owner` leaves one
    person's. `only` keeps what has this person, model, ... alone. By group, somebody in two groups counts in both, and
    somebody in none is left out.
    """
    only = only or {}
    slices = by if isinstance(by, tuple) else (by,) if by else ()
    names = [SLICES[name] for name in slices]
    conditions = [f"{SLICES[name]} = %({name})s" for name in only]
    memberships = OF_GROUPS if By.GROUP in {*slices, *only} else ""
    # One's own are few, and may have other midnights than the roll-ups.
    rolled = "" if owner else f"UNION ALL SELECT {COLUMNS} FROM chat_usageday JOIN rolled USING (day)"
    sql = f"""
        WITH days AS ({DAYS}),
        rolled AS (SELECT day FROM chat_rolledday WHERE time_zone = %(zone)s AND day BETWEEN %(first)s AND %(last)s),
        spans AS (SELECT * FROM days {"" if owner else "WHERE day NOT IN (SELECT day FROM rolled)"}),
        used ({COLUMNS}) AS ({FROM_REPLIES} {rolled})
        SELECT {"".join(f"{name}, " for name in names)} sum(replies)::bigint, sum(failed)::bigint,
            sum(unknown)::bigint, sum(read)::bigint, sum(written)::bigint, sum(spent), ARRAY[{SUMMED_WAITS}]
        FROM used {memberships} {"WHERE " + " AND ".join(conditions) if conditions else ""}
        {f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}" if names else "HAVING count(*) > 0"}
    """
    values = {
        "first": period.first,
        "last": period.last,
        "zone": zone or settings.TIME_ZONE,
        "owner": owner.pk if owner else None,
        "bounds": WAIT_BOUNDS,
        **{str(name): value for name, value in only.items()},
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return [figures_of(row, len(names), by) for row in rows]


def figures_of(row: tuple[Any, ...], slices: int, by: By | tuple[By, ...] | None) -> Figures:
    """`slices` is how many of the row's values say what it is of."""
    counts = dict(zip(COUNTS, row[slices:-1], strict=True))
    return Figures(common(row[:slices], by), **counts, waits=tuple(row[-1]))


def common(values: tuple[Any, ...], by: By | tuple[By, ...] | None) -> Any:
    return values if isinstance(by, tuple) else values[0] if values else None


def roll_up_what_is_over(*, now: datetime | None = None) -> int:
    """Sum up every day that is over and not summed up yet. How many days those were."""
    first = Reply.objects.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return 0
    last = timezone.localtime((now or timezone.now()) - ROLLED_AFTER).date() - timedelta(days=1)
    rolled = set(RolledDay.objects.filter(time_zone=settings.TIME_ZONE).values_list("day", flat=True))
    day, due = timezone.localtime(first).date(), []
    while day <= last:
        due += [day] if day not in rolled else []
        day += timedelta(days=1)
    for day in due:
        roll_up(day)
    return len(due)


@transaction.atomic
def roll_up(day: date) -> None:
    """Sum up one day anew, from its replies."""
    values = {"first": day, "last": day, "zone": settings.TIME_ZONE, "owner": None, "bounds": WAIT_BOUNDS}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROLLING])
        UsageDay.objects.filter(day=day).delete()
        cursor.execute(ROLL_UP, values)
    RolledDay.objects.update_or_create(day=day, defaults={"time_zone": settings.TIME_ZONE})


def rebuild() -> int:
    """Forget all roll-ups and make them anew. How many days those were."""
    RolledDay.objects.all().delete()
    return roll_up_what_is_over()
