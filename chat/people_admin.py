"""What the ledger says of each key and person, in their lists of the admin panel: accounts know nothing of it."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import USED_LATELY, ApiKeyAdmin, PersonAdmin
from accounts.models import ApiKey, User
from chat.models import Reply
from chat.services.usage import By, Period, figures
from chat.waiting_filters import NeedsAttention

admin.site.unregister([ApiKey, User])


class KeyList(ChangeList):
    """With what was spent through each key, and by how many people lately. Three queries for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        spent, people = spent_by_key(), people_by_key()
        for key in self.result_list:
            key.spent, key.people = spent.get(key.pk), people[key.pk]


def first_day() -> date:
    first = Reply.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return timezone.localdate(first or timezone.now())


def spent_by_key() -> dict[Any, Decimal]:
    """Credits, since the beginning."""
    period = Period(first_day(), timezone.localdate())
    return {row.of: row.spent for row in figures(period, by=By.KEY)}


def people_by_key() -> Counter[Any]:
    """How many people each key has paid for lately."""
    today = timezone.localdate()
    rows = figures(Period(today - USED_LATELY, today), by=(By.KEY, By.PERSON))
    return Counter(key for key, person in (row.of for row in rows) if person)


def wait_of(key: ApiKey) -> timedelta:
    """How long the next message through the key has to wait: what was let through has used its rate up until then."""
    return max(key.paced_until - timezone.now(), timedelta())


@admin.register(ApiKey)
class KeyAdmin(ApiKeyAdmin):
    list_display = (
        "label",
        "holder",
        "status",
        "gate",
        "balance",
        "balance_known_at",
        "spent",
        "people",
        "rate",
        "last_error",
        "last_used_at",
        "created_at",
    )
    health = (*ApiKeyAdmin.health, "gate")
    readonly_fields = health

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[KeyList]:
        return KeyList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [NeedsAttention, *super().get_list_filter(request)]

    def get_object(self, request: HttpRequest, *args: Any) -> ApiKey | None:
        key: ApiKey | None = super().get_object(request, *args)
        if key:
            key.spent = spent_by_key().get(key.pk)
        return key

    @admin.display(description=_("next message"), ordering="paced_until")
    def gate(self, key: ApiKey) -> str:
        if not key.can_pay:
            return gettext("held")
        seconds = wait_of(key).total_seconds()
        return gettext("in %(seconds)d s") % {"seconds": seconds} if seconds >= 1 else gettext("at once")


class PeopleList(ChangeList):
    """With what each has spent in this month. One query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        today = timezone.localdate()
        spent: dict[Any, Decimal] = defaultdict(Decimal)
        spent |= {row.of: row.spent for row in figures(Period(today.replace(day=1), today), by=By.PERSON)}
        for person in self.result_list:
            person.spent_this_month = spent[person.pk]


@admin.register(User)
class SpendingPersonAdmin(PersonAdmin):
    list_display = (
        "email",
        "name",
        "role",
        "is_active",
        "spent_this_month",
        "own_keys",
        "second_factors",
        "last_seen",
        "deletion_due_at",
        "date_joined",
    )

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[PeopleList]:
        return PeopleList

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        counts = {
            "key_count": ApiKey.objects.filter(owner=OuterRef("pk")).order_by().values("owner"),
            "factor_count": Authenticator.objects.filter(user=OuterRef("pk")).order_by().values("user"),
        }
        seen = UserSession.objects.filter(user=OuterRef("pk")).order_by("-last_seen_at").values("last_seen_at")[:1]
        counted = {name: Subquery(rows.annotate(count=Count("pk")).values("count")) for name, rows in counts.items()}
        return people.annotate(seen_at=Subquery(seen), **counted)

    @admin.display(description=_("spent this month, in credits"))
    def spent_this_month(self, person: Any) -> str:
        return f"{person.spent_this_month:f}"

    @admin.display(description=_("keys"), ordering="key_count")
    def own_keys(self, person: Any) -> int:
        return person.key_count or 0

    @admin.display(description=_("second factors"), ordering="factor_count")
    def second_factors(self, person: Any) -> int:
        return person.factor_count or 0

    @admin.display(description=_("last seen"), ordering="seen_at")
    def last_seen(self, person: Any) -> Any:
        return person.seen_at or person.last_login
