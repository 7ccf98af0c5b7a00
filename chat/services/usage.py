"""What was asked, and what it cost: sums of the ledger, as everybody's and one's own usage pages show them.

Days that are over are summed up once, into UsageDay; the rest is summed up from the replies whenever somebody asks. A
reply that changes late takes its day out of RolledDay, in the same transaction, and so back among the rest: the figures
are those of the ledger at any moment, and a periodic job only makes them quick.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Reply, RolledDay, UsageDay

# Answers are counted by how long they took, in seconds; each bound is two fifths above the one before.
WAIT_BOUNDS = [round(0.1 * 1.4**step, 4) for step in range(28)]
# Some of a day's last replies are still on their way when it ends.
ROLLED_AFTER = timedelta(hours=1)
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


TIMES = (By.DAY, By.WEEK, By.MONTH)
SLICES = {
    **{unit: f"date_trunc('{unit}', day)::date" for unit in TIMES},
    By.PERSON: "owner_id",
    By.GROUP: "membership.group_id",
    By.MODEL: "model_id",
    By.KEY: "api_key_id",
    By.CONVERSATION: "conversation",
}
KINDS: dict[By, Callable[[str], Any]] = {
    **dict.fromkeys(TIMES, date.fromisoformat),
    **dict.fromkeys((By.PERSON, By.GROUP, By.MODEL), int),
    **dict.fromkeys((By.KEY, By.CONVERSATION), UUID),
}
OF_GROUPS = "JOIN accounts_group_members membership ON membership.user_id = owner_id"

# A row of `spans` is a day that is not rolled up: day, start and stop.
DAYS = """
    SELECT day::date AS day, day::date::timestamp AT TIME ZONE %(zone)s AS start,
        (day::date + 1)::timestamp AT TIME ZONE %(zone)s AS stop
    FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 day') AS day
"""
COUNTED_WAITS = ", ".join(f"count(*) FILTER (WHERE step = {step})" for step in range(len(WAIT_BOUNDS) + 1))
COUNTS = ("replies", "failed", "unknown", "read", "written", "spent")
SUMMED = ", ".join((*COUNTS, "waits"))
COLUMNS = f"day, owner_id, model_id, api_key_id, conversation, {SUMMED}"
SUMS = ", ".join(f"coalesce(sum({name}), 0)::{'numeric' if name == 'spent' else 'bigint'}" for name in COUNTS)
WAITS = ", ".join(f"coalesce(sum(waits[{step + 1}]), 0)::int" for step in range(len(WAIT_BOUNDS) + 1))
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
    WITH spans AS ({DAYS}), rolled AS (INSERT INTO chat_usageday ({COLUMNS}) {FROM_REPLIES} RETURNING {SUMMED})
    INSERT INTO chat_rolledday (day, time_zone, {SUMMED})
    SELECT %(first)s, %(zone)s, {SUMS}, ARRAY[{WAITS}] FROM rolled
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


@dataclass(frozen=True)
class Table:
    """What is asked of some replies: to be taken apart by all of `by`; without any it is one sum, or none.

    `before` asks it of as many days right before. `has_waits` says whether the waits are wanted, which cost most to sum
    up. `dearest` leaves those of the first of `by` that cost most, so many.
    """

    by: tuple[By, ...] = ()
    before: bool = False
    has_waits: bool = True
    dearest: int | None = None


def figures(period: Period, *, by: By | tuple[By, ...] | None = None, **of: Any) -> list[Figures]:
    """The period's figures, taken apart by `by`, in one query; more is said at `tables`.

    By several at once, `Figures.of` is a tuple; by one it is a date or an id; without it None.
    """
    if by is None or isinstance(by, tuple):
        rows = tables(period, [Table(by or ())], **of)[0]
        return rows if by else [replace(row, of=None) for row in rows]
    return [replace(row, of=row.of[0]) for row in tables(period, [Table((by,))], **of)[0]]


def tables(
    period: Period,
    wanted: Sequence[Table],
    *,
    owner: User | None = None,
    zone: str = "",
    only: dict[By, Any] | None = None,
) -> list[list[Figures]]:
    """The rows of each table, whose `of` are tuples, all in one query: days that are not rolled up are read once.

    `zone` is whose midnights count, the site's unless said; `owner` leaves one person's. `only` keeps what has this
    person, model, ... alone. By group, somebody in two groups counts in both, and somebody in none is left out.
    """
    only = only or {}
    first = period.before.first if any(table.before for table in wanted) else period.first
    # One's own are few, and may have other midnights than the roll-ups.
    known = "false" if owner else "time_zone = %(zone)s AND day BETWEEN %(first)s AND %(last)s"
    sql = f"""
        WITH rolled AS (SELECT day, {SUMMED} FROM chat_rolledday WHERE {known}),
        spans AS (SELECT * FROM ({DAYS}) days WHERE day NOT IN (SELECT day FROM rolled)),
        fresh ({COLUMNS}) AS MATERIALIZED ({FROM_REPLIES}),
        used AS NOT MATERIALIZED (
            SELECT * FROM fresh
            UNION ALL SELECT {COLUMNS} FROM chat_usageday WHERE day IN (SELECT day FROM rolled)
        ),
        whole AS NOT MATERIALIZED (SELECT day, {SUMMED} FROM fresh UNION ALL SELECT * FROM rolled)
        SELECT * FROM (
            {" UNION ALL ".join(f"({table_sql(number, table, only)})" for number, table in enumerate(wanted))}
        ) tables ORDER BY 1, 2
    """
    values = {
        "first": first,
        "middle": period.first,
        "last": period.last,
        "zone": zone or settings.TIME_ZONE,
        "owner": owner.pk if owner else None,
        "bounds": WAIT_BOUNDS,
        **{str(name): value for name, value in only.items()},
    }
    found: list[list[Figures]] = [[] for _ in wanted]
    with transaction.atomic(), connection.cursor() as cursor:
        # A plan for any days, which a statement asked often gets, reads all replies.
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        cursor.execute(sql, values)
        for number, names, *sums, waits in cursor:
            of = tuple(name and KINDS[by](name) for by, name in zip(wanted[number].by, names, strict=True))
            found[number].append(Figures(of, **dict(zip(COUNTS, sums, strict=True)), waits=tuple(waits)))
    return found


def table_sql(number: int, table: Table, only: Collection[By]) -> str:
    """The rows of one table: its number, what a row is of, COUNTS and the waits."""
    names = [SLICES[by] for by in table.by]
    rows = rows_sql(table, only)
    if table.dearest:
        of_all = f"SELECT {names[0]} {rows} AND {names[0]} IS NOT NULL GROUP BY {names[0]}"
        rows += f" AND {names[0]} IN ({of_all} ORDER BY sum(spent) DESC LIMIT {table.dearest})"
    return f"""
        SELECT {number}, ARRAY[{", ".join(f"{name}::text" for name in names)}]::text[],
            {SUMS}, {f"ARRAY[{WAITS}]" if table.has_waits else "ARRAY[]::int[]"}
        {rows}
        {f"GROUP BY {', '.join(names)}" if names else "HAVING count(*) > 0"}
    """


def rows_sql(table: Table, only: Collection[By]) -> str:
    """What a table is summed up from."""
    days_suffice = not only and set(table.by) <= set(TIMES)
    conditions = [f"day {'<' if table.before else '>='} %(middle)s", *(f"{SLICES[by]} = %({by})s" for by in only)]
    return f"""
        FROM {"whole" if days_suffice else "used"} {OF_GROUPS if By.GROUP in {*table.by, *only} else ""}
        WHERE {" AND ".join(conditions)}
    """


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
        RolledDay.objects.filter(day=day).delete()
        cursor.execute(ROLL_UP, values)


def rebuild() -> int:
    """Forget all roll-ups and make them anew. How many days those were."""
    RolledDay.objects.all().delete()
    return roll_up_what_is_over()
