"""What we settled through a key, held against the drop in its balance at Segmind."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ApiKey
from chat.services.usage import Period

# Segmind tells balances as binary numbers.
ROUNDING = Decimal("0.0001")
# Answers that ran side by side tell balances in another order than they end in: only more than this many of the dearest
# answer at once is credits that were bought.
SIDE_BY_SIDE = 20

# Each answer tells the balance after it. Between the first and the last of the period that do: what was settled, what
# the balance rose by on the way (credits bought), and how many replies have no known cost.
SQL = """
    WITH answers AS (
        SELECT api_key_id, finished_at, remaining_credits, billed, cost,
            max(cost) OVER one_key AS dearest,
            min(finished_at) FILTER (WHERE remaining_credits IS NOT NULL) OVER one_key AS first,
            max(finished_at) FILTER (WHERE remaining_credits IS NOT NULL) OVER one_key AS last,
            remaining_credits - lag(remaining_credits) OVER one_by_one AS rise,
            row_number() OVER one_by_one AS number,
            count(remaining_credits) OVER one_key AS told
        FROM chat_reply
        WHERE finished_at >= %(start)s AND finished_at < %(stop)s AND api_key_id IS NOT NULL
            AND created_at >= %(start)s - interval '1 hour' AND created_at < %(stop)s
        WINDOW one_key AS (PARTITION BY api_key_id),
            one_by_one AS (PARTITION BY api_key_id, remaining_credits IS NULL ORDER BY finished_at, id)
    )
    SELECT api_key_id, first, last,
        max(remaining_credits) FILTER (WHERE number = 1), max(remaining_credits) FILTER (WHERE number = told),
        coalesce(sum(rise) FILTER (WHERE rise > %(rounding)s + %(side_by_side)s * coalesce(dearest, 0)), 0),
        coalesce(sum(cost) FILTER (WHERE billed = 'yes' AND finished_at > first AND finished_at <= last), 0),
        count(*) FILTER (
            WHERE (billed = 'unknown' OR billed = 'yes' AND cost IS NULL)
                AND finished_at > first AND finished_at <= last
        )
    FROM answers WHERE told > 0 GROUP BY api_key_id, first, last
"""


@dataclass(frozen=True)
class Reconciliation:
    """One key between two moments at which Segmind told its balance. Amounts in credits."""

    key: ApiKey
    first: datetime
    last: datetime
    opening: Decimal
    closing: Decimal
    bought: Decimal
    settled: Decimal
    unknown: int

    @property
    def dropped(self) -> Decimal:
        return self.opening + self.bought - self.closing

    @property
    def drift(self) -> Decimal:
        """What Segmind took beyond what we know of; negative if it took less."""
        return self.dropped - self.settled

    @property
    def agrees(self) -> bool:
        return abs(self.drift) <= ROUNDING

    @property
    def reasons(self) -> list[str]:
        """What may explain the drift, the likeliest first; none where there is none."""
        if self.agrees:
            return []
        lost = ngettext("%(count)s answer of unknown cost", "%(count)s answers of unknown cost", self.unknown)
        reasons = [lost % {"count": self.unknown}] if self.unknown else []
        if self.drift > 0:
            return [*reasons, _("the key, or its account, was used outside of Parley")]
        return [*reasons, _("credits were bought or given while answers were on their way")]


def reconcile(period: Period) -> list[Reconciliation]:
    """Every key that told its balance in these days, the widest drift first. Two queries."""
    zone = timezone.get_default_timezone()
    values: dict[str, Any] = {
        "start": datetime.combine(period.first, time(), zone),
        "stop": datetime.combine(period.last + timedelta(days=1), time(), zone),
        "rounding": ROUNDING,
        "side_by_side": SIDE_BY_SIDE,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        rows = cursor.fetchall()
    keys = ApiKey.objects.select_related("owner").in_bulk([row[0] for row in rows])
    found = [Reconciliation(keys[row[0]], *row[1:]) for row in rows if row[0] in keys]
    return sorted(found, key=lambda one: -abs(one.drift))
