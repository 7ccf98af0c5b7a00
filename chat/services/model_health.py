"""How each model has done lately, for those who decide which ones are offered."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from chat.services.usage import By, Period, figures

RECENT = timedelta(days=7)


@dataclass(frozen=True)
class ModelHealth:
    """`median`: seconds in which half of the answers were there, None without one."""

    replies: int = 0
    failed: int = 0
    median: float | None = None

    @property
    def error_share(self) -> float | None:
        """From 0 to 1; None where nothing was asked for."""
        return self.failed / self.replies if self.replies else None


def recent_health() -> dict[int, ModelHealth]:
    """Of each model that was asked in the last 7 days, by its id. One query."""
    today = timezone.localdate()
    period = Period(today - RECENT + timedelta(days=1), today)
    return {row.of: ModelHealth(row.replies, row.failed, row.median) for row in figures(period, by=By.MODEL)}
