"""One page of usage: the sum, the same over time, and taken apart, beside the days right before."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import ApiKey, Group, User
from chat.models import Conversation, LanguageModel
from chat.services.usage import COUNTS, By, Figures, Period, Table, tables

DEAREST = 10


@dataclass(frozen=True)
class Row:
    """What one person, model, key, ... has used, now and in the period before. `of` is its id, None for the gone."""

    of: Any
    name: str
    now: Figures
    before: Figures

    @property
    def change(self) -> Decimal | None:
        """Of what was spent, as a share of the period before: 0.5 is half as much again. None if nothing was then."""
        return (self.now.spent - self.before.spent) / self.before.spent if self.before.spent else None


@dataclass(frozen=True)
class Report:
    period: Period
    unit: By
    by: By
    total: Row
    times: list[Figures]
    rows: list[Row]
    # The conversations that cost most, without a word of what is in them.
    dearest: list[Row]


def report(
    period: Period,
    *,
    unit: By,
    by: By,
    owner: User | None = None,
    zone: str = "",
    only: dict[By, Any] | None = None,
) -> Report:
    """The page's figures: of everybody, or of `owner` by the midnights of `zone`. Queries: a constant number."""

    wanted = [
        Table((unit,)),
        Table(before=True, has_waits=False),
        Table((by,)),
        Table((by,), before=True, has_waits=False),
        # Their owners read their own titles: among everybody's, conversations have no name.
        *([] if owner else [Table((By.CONVERSATION, By.PERSON), dearest=DEAREST)]),
    ]
    times, before, now, then, *dearest = tables(period, wanted, owner=owner, zone=zone, only=only)
    times, now, then = ([replace(row, of=row.of[0]) for row in rows] for rows in (times, now, then))
    total = Row(None, "", summed(times), next(iter(before), Figures(None)))
    rows = beside(now, then, names_of(by))
    return Report(period, unit, by, total, every(unit, period, times), rows, dearest_conversations(*dearest))


def summed(parts: Iterable[Figures]) -> Figures:
    """All of them together."""
    total = Figures(None)
    for part in parts:
        counts = {name: getattr(total, name) + getattr(part, name) for name in COUNTS}
        waits = tuple(map(sum, zip(total.waits or (0,) * len(part.waits), part.waits, strict=True)))
        total = replace(total, **counts, waits=waits)
    return total


def every(unit: By, period: Period, times: list[Figures]) -> list[Figures]:
    """The same with the empty days, weeks or months between."""
    known = {part.of: part for part in times}
    starts = sorted({start_of(unit, day) for day in days_of(period)})
    return [known.get(start, Figures(start)) for start in starts]


def days_of(period: Period) -> list[date]:
    return [period.first + timedelta(days=number) for number in range((period.last - period.first).days + 1)]


def start_of(unit: By, day: date) -> date:
    """The first day of the unit that the day is in, as PostgreSQL's date_trunc has it: a week begins on Monday."""
    if unit == By.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == By.MONTH else day


def beside(now: list[Figures], before: list[Figures], names: Callable[[set[Any]], dict[Any, str]]) -> list[Row]:
    """A row for each that is in either, the dearest first."""
    then = {part.of: part for part in before}
    current = {part.of: part for part in now}
    known = names({*then, *current} - {None})
    rows = [
        Row(of, known.get(of, _("removed")), current.get(of, Figures(of)), then.get(of, Figures(of)))
        for of in {**current, **then}
    ]
    return sorted(rows, key=lambda row: (-row.now.spent, -row.now.replies, row.name))


def names_of(by: By) -> Callable[[set[Any]], dict[Any, str]]:
    """What looks up the names for ids. One query."""
    looks: dict[By, Callable[[set[Any]], dict[Any, str]]] = {
        By.PERSON: lambda ids: {person.pk: str(person) for person in User.objects.filter(pk__in=ids)},
        By.GROUP: lambda ids: {group.pk: group.name for group in Group.objects.filter(pk__in=ids)},
        By.MODEL: lambda ids: {model.pk: model.label for model in LanguageModel.objects.filter(pk__in=ids)},
        By.KEY: key_names,
        By.CONVERSATION: lambda ids: dict(Conversation.objects.filter(pk__in=ids).values_list("pk", "title")),
    }
    return looks[by]


def key_names(ids: set[Any]) -> dict[Any, str]:
    keys = ApiKey.objects.filter(pk__in=ids).select_related("owner")
    return {key.pk: f"{key.label} ({key.owner or _('the team')})" for key in keys}


def dearest_conversations(parts: Sequence[Figures] = ()) -> list[Row]:
    """By id and owner: nobody reads another's titles."""
    known = sorted((part for part in parts if part.spent), key=lambda part: -part.spent)
    people = names_of(By.PERSON)({part.of[1] for part in known} - {None})
    return [Row(part.of[0], people.get(part.of[1], _("removed")), part, Figures(None)) for part in known]
