from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Group
from chat.models.gone import name_of

if TYPE_CHECKING:
    from accounts.models import User

SCOPES = ("owner", "group", "conversation", "api_key")
OF_THE_TEAM = Q(owner=None, group=None, conversation=None, api_key=None)
CREDITS: dict[str, Any] = {"max_digits": 20, "decimal_places": 10}


def exactly(amount: Decimal) -> str:
    """Credits to the last digit, as the ledger has them."""
    return f"{amount.normalize():f}"


def site_time_zone() -> str:
    zone: str = settings.TIME_ZONE
    return zone


class BudgetQuerySet(models.QuerySet["Budget"]):
    def that_bind(
        self, person: "User | None", *, conversation_id: UUID | None = None, api_key_id: UUID | None = None
    ) -> "BudgetQuerySet":
        """The team's, those of the person and of every group they are in; of this conversation and key, if there is
        one. In the order in which all lock them."""
        binding = OF_THE_TEAM
        if person:
            groups = Group.members.through._default_manager.filter(user_id=person.pk).values("group_id")
            binding |= Q(owner=person.pk) | Q(group__in=groups)
        if conversation_id:
            binding |= Q(conversation=conversation_id)
        if api_key_id:
            binding |= Q(api_key=api_key_id)
        return self.filter(binding, is_for_newcomers=False).order_by("pk")

    def with_amounts(self, at: datetime | None = None) -> "BudgetQuerySet":
        """With what has happened in the window around `at` (now): `reserved`, `spent`, `granted`, and `resets_at`."""
        moment = Value(at or timezone.now(), models.DateTimeField())
        window = (F("window"), F("time_zone"), moment)
        period = BudgetPeriod.objects.filter(budget=OuterRef("pk"), starts_at=OuterRef("starts_at"))
        amounts: dict[str, Any] = {
            name: Coalesce(Subquery(period.values(name)), Value(Decimal(0)), output_field=models.DecimalField())
            for name in ("reserved", "spent", "granted")
        }
        starts_at = models.Func(*window, function="chat_period_start", output_field=models.DateTimeField())
        resets_at = models.Func(*window, function="chat_period_end", output_field=models.DateTimeField(null=True))
        return self.annotate(starts_at=starts_at, resets_at=resets_at).annotate(**amounts)

    def with_scope(self) -> "BudgetQuerySet":
        """With the rows that the name of each needs."""
        return self.select_related(*SCOPES)


class Budget(models.Model):
    """What may be spent in each window of time, in credits, by the team, a group or a person, or in a conversation or
    through a key. What is spent and reserved stands in its periods: see migration 0040."""

    class Window(models.TextChoices):
        DAY = "day", pgettext_lazy("budget", "a day")
        WEEK = "week", pgettext_lazy("budget", "a week")
        MONTH = "month", pgettext_lazy("budget", "a month")
        TOTAL = "total", pgettext_lazy("budget", "in all")

    # Of the four that follow one is set, or none: that is the whole team.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
    )
    group = models.ForeignKey(
        "accounts.Group",
        verbose_name=_("group"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
    )
    conversation = models.ForeignKey(
        "Conversation",
        verbose_name=_("conversation"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
    )
    api_key = models.ForeignKey(
        "accounts.ApiKey",
        verbose_name=_("API key"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
    )
    # Binds nobody: who joins gets one like it.
    is_for_newcomers = models.BooleanField(
        _("for newcomers"),
        default=False,
        db_default=False,
        help_text=_("Binds nobody by itself: who joins from now on gets a budget like it."),
    )
    # Beside what an administrator has set for the same window.
    is_own = models.BooleanField(_("set by themselves"), default=False, db_default=False, editable=False)
    limit = models.DecimalField(_("limit, in credits"), validators=[MinValueValidator(0)], **CREDITS)
    window = models.CharField(
        _("window"), max_length=5, choices=Window, default=Window.TOTAL, db_default=Window.TOTAL.value
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default=site_time_zone,
        db_default="UTC",
        help_text=_("Days, weeks (from Monday on) and months begin at midnight there."),
    )
    is_hard = models.BooleanField(
        _("hard limit"),
        default=True,
        db_default=True,
        help_text=_("Refuses what would pass it. A soft limit only warns."),
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    # By `with_amounts`.
    reserved: Decimal
    spent: Decimal
    granted: Decimal
    starts_at: datetime
    resets_at: datetime | None

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(
                fields=[*SCOPES, "is_for_newcomers", "is_own", "window"],
                nulls_distinct=False,
                name="budget_one_per_scope_and_window",
                violation_error_message=_("There is such a budget for this window already."),
            ),
            models.CheckConstraint(condition=Q(limit__gte=0), name="budget_limit_not_negative"),
            models.CheckConstraint(
                condition=OF_THE_TEAM
                | Q(is_for_newcomers=False, owner__isnull=False, group=None, conversation=None, api_key=None)
                | Q(is_for_newcomers=False, owner=None, group__isnull=False, conversation=None, api_key=None)
                | Q(is_for_newcomers=False, owner=None, group=None, conversation__isnull=False, api_key=None)
                | Q(is_for_newcomers=False, owner=None, group=None, conversation=None, api_key__isnull=False),
                name="budget_has_one_scope",
                violation_error_message=_("A budget is for one of these, or for none: then it is the whole team's."),
            ),
            models.CheckConstraint(condition=Q(is_own=False) | Q(owner__isnull=False), name="budget_own_has_an_owner"),
        ]

    def __str__(self) -> str:
        if self.is_for_newcomers:
            return str(_("Each newcomer"))
        return self.scope_name or str(_("The whole team"))

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Whose it is matters as a whole, also where a form asks for some of these columns only."""
        super().validate_constraints(exclude=set(exclude or ()) - {*SCOPES, "window", "is_for_newcomers", "is_own"})

    @property
    def scope(self) -> str:
        """`newcomers`, `team`, or the field that says whose it is."""
        if self.is_for_newcomers:
            return "newcomers"
        return next((name for name in SCOPES if getattr(self, f"{name}_id")), "team")

    @property
    def scope_name(self) -> str:
        """The name of the person, group, key or conversation; "" for the team.

        Of a conversation it is the number: what people talk about is not an administrator's to read.
        """
        if self.conversation_id:
            return str(_("Conversation %(number)s")) % {"number": self.conversation_id}
        return name_of(self, self.scope) if self.scope in SCOPES else ""

    @property
    def limit_in_force(self) -> Decimal:
        return self.limit + self.granted

    @property
    def taken(self) -> Decimal:
        return self.reserved + self.spent

    @property
    def left(self) -> Decimal:
        return max(self.limit_in_force - self.taken, Decimal(0))

    @property
    def percent(self) -> int:
        """How much of the limit in force is spent or reserved."""
        if self.limit_in_force <= 0:
            return 100
        return int(self.taken * 100 / self.limit_in_force)

    def has_room_for(self, amount: Decimal) -> bool:
        return self.taken + amount <= self.limit_in_force


class BudgetPeriod(models.Model):
    """One day, week, month or the whole time of a budget: made with the first reservation or grant in it.

    All three amounts follow the ledger by themselves, under the lock of the budget: see migrations 0040 and 0043.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    starts_at = models.DateTimeField(_("from"))
    reserved = models.DecimalField(_("reserved"), default=Decimal(0), db_default=Decimal(0), **CREDITS)
    spent = models.DecimalField(_("spent"), default=Decimal(0), db_default=Decimal(0), **CREDITS)
    # The sum of its adjustments.
    granted = models.DecimalField(_("granted"), default=Decimal(0), db_default=Decimal(0), **CREDITS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "starts_at"], name="budget_period_once")]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.starts_at:%Y-%m-%d}"


class Hold(models.Model):
    """A reservation that is still open, on a period of one of the budgets that it binds. Gone once the reply is
    settled, which counts in that very period however late it comes."""

    reply = models.ForeignKey("Reply", on_delete=models.PROTECT, related_name="holds")
    period = models.ForeignKey(BudgetPeriod, on_delete=models.CASCADE, related_name="holds")
    amount = models.DecimalField(**CREDITS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply", "period"], name="hold_once_per_period")]

    def __str__(self) -> str:
        return f"{self.amount} {self.pk}"
