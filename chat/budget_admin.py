"""Budgets in the admin: limits, requests for more, adjustments."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.audit_admin import AuditedAdmin
from accounts.models import User
from accounts.services.audit import Action
from chat.budget_forms import AdjustmentForm, BudgetForm
from chat.models import Budget, BudgetAdjustment, BudgetRequest
from chat.services import budget_requests, budgets
from chat.templatetags.interface import credits
from chat.waiting_filters import NearlyUsedUp

SCOPE = ("owner", "group", "conversation", "api_key", "is_for_newcomers")


@admin.register(Budget)
class BudgetAdmin(AuditedAdmin):
    """What may be spent, and what is. Whom a budget binds, and when, stays as it was made."""

    form = BudgetForm
    audit_actions = (Action.BUDGET_SET, Action.BUDGET_SET, Action.BUDGET_REMOVED)
    audit_fields = ("scope", "limit", "window", "time_zone", "is_hard", "is_own")
    list_display = (
        "__str__",
        "window",
        "credits_allowed",
        "extra",
        "spent_now",
        "reserved_now",
        "used",
        "is_hard",
        "is_own",
        "anew",
    )
    list_filter = (NearlyUsedUp, "window", "is_hard", "is_own", "is_for_newcomers")
    search_fields = ("owner__email", "owner__name", "group__name", "api_key__label")
    limits = ("limit", "is_hard")
    amounts = ("extra", "spent_now", "reserved_now", "used", "anew", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        return Budget.objects.with_scope().with_amounts().order_by("-pk")

    def get_fieldsets(self, request: HttpRequest, obj: Budget | None = None) -> Any:
        if obj:
            return [(None, {"fields": ("__str__", "window", "time_zone", *self.limits, *self.amounts)})]
        whom = _("One of these; none of them means the whole team.")
        return [
            (_("For whom"), {"fields": SCOPE, "description": whom}),
            (_("How much"), {"fields": (*self.limits, "window", "time_zone")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        return ("__str__", "window", "time_zone", *self.amounts) if obj else ()

    def audit_subject(self, row: Budget) -> User | None:
        return row.owner

    @admin.display(description=gettext_lazy("limit, in credits"), ordering="limit")
    def credits_allowed(self, budget: Budget) -> str:
        return exactly(budget.limit)

    @admin.display(description=gettext_lazy("granted"))
    def extra(self, budget: Budget) -> str:
        return credits(budget.granted)

    @admin.display(description=gettext_lazy("spent"))
    def spent_now(self, budget: Budget) -> str:
        return exactly(budget.spent)

    @admin.display(description=gettext_lazy("reserved"))
    def reserved_now(self, budget: Budget) -> str:
        return exactly(budget.reserved)

    @admin.display(description=gettext_lazy("used"))
    def used(self, budget: Budget) -> str:
        return _("%(percent)s %%") % {"percent": budget.percent}

    @admin.display(description=gettext_lazy("begins anew"))
    def anew(self, budget: Budget) -> str:
        return date_format(localtime(budget.resets_at), "DATETIME_FORMAT") if budget.resets_at else "-"


def exactly(amount: Any) -> str:
    """To the last digit, as the ledger has it."""
    return f"{amount.normalize():f}"


@admin.register(BudgetRequest)
class BudgetRequestAdmin(admin.ModelAdmin):
    """Who asks for more. One click grants or refuses it, and is recorded by the services."""

    fields = readonly_fields = (
        "person",
        "budget",
        "amount",
        "reason",
        "state",
        "created_at",
        "decided_by",
        "decided_at",
    )
    list_display = (
        "number",
        "person",
        "credits_more",
        "decision",
        "reason",
        "budget",
        "window",
        "state",
        "created_at",
        "decided_by",
    )
    list_filter = ("state",)
    list_select_related = ("person", "decided_by", *(f"budget__{name}" for name in SCOPE[:4]))
    list_display_links = None
    actions = None

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, asked: BudgetRequest) -> int:
        return asked.pk

    @admin.display(description=gettext_lazy("credits"), ordering="amount")
    def credits_more(self, asked: BudgetRequest) -> str:
        return exactly(asked.amount)

    @admin.display(description=gettext_lazy("window"))
    def window(self, asked: BudgetRequest) -> str:
        return asked.budget.get_window_display()

    @admin.display(description=gettext_lazy("decision"))
    def decision(self, asked: BudgetRequest) -> str:
        """Two buttons of the form that the list is."""
        if asked.state != BudgetRequest.State.OPEN:
            return ""
        return format_html(
            '<button class="button" formaction="{}">{}</button> <button class="button" formaction="{}">{}</button>',
            reverse("admin:chat_budgetrequest_grant", args=[asked.pk]),
            _("Grant"),
            reverse("admin:chat_budgetrequest_refuse", args=[asked.pk]),
            _("Refuse"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<path:object_id>/grant/", view(self.grant), name="chat_budgetrequest_grant"),
            path("<path:object_id>/refusal/", view(self.refuse), name="chat_budgetrequest_refuse"),
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_POST)
    def grant(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(request, object_id, budget_requests.grant, _("Granted: %(credits)s credits for %(name)s."))

    @method_decorator(require_POST)
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(request, object_id, budget_requests.refuse, _("Refused: %(credits)s credits for %(name)s."))

    def decide(self, request: HttpRequest, object_id: str, verb: Callable[..., None], done: str) -> HttpResponse:
        if not super().has_change_permission(request):
            raise PermissionDenied
        asked = self.get_object(request, object_id)
        if asked is None:
            raise Http404
        try:
            verb(asked=asked, by=cast("User", request.user))
        except budget_requests.DecidedAlready:
            messages.warning(request, _("Somebody has decided about this already."))
        else:
            messages.success(request, done % {"credits": credits(asked.amount), "name": asked.person})
        return redirect("admin:chat_budgetrequest_changelist")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BudgetRequest | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BudgetRequest | None = None) -> bool:
        return False


@admin.register(BudgetAdjustment)
class BudgetAdjustmentAdmin(admin.ModelAdmin):
    """Grants, refunds and corrections: added, never changed."""

    form = AdjustmentForm
    list_display = ("created_at", "budget", "amount", "reason", "by")
    list_select_related = ("by", *(f"period__budget__{name}" for name in SCOPE[:4]))
    list_display_links = None
    search_fields = ("reason", "by__name", "by__email")

    @admin.display(description=gettext_lazy("budget"))
    def budget(self, adjustment: BudgetAdjustment) -> str:
        return str(adjustment.period.budget) if adjustment.period else _("removed")

    def get_fields(self, request: HttpRequest, obj: BudgetAdjustment | None = None) -> tuple[str, ...]:
        return ("created_at", "budget", "amount", "reason", "by") if obj else ("budget", "amount", "reason")

    def save_model(self, request: HttpRequest, obj: BudgetAdjustment, form: ModelForm, change: bool) -> None:
        made = budgets.adjust(**form.cleaned_data, by=cast("User", request.user))
        obj.pk = made.pk

    def has_change_permission(self, request: HttpRequest, obj: BudgetAdjustment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BudgetAdjustment | None = None) -> bool:
        return False
