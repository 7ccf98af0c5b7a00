from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.audit_admin import AuditedAdmin
from accounts.models import User
from accounts.services.audit import Action
from chat.model_admin import LanguageModelAdmin  # noqa: F401 - registers itself
from chat.models import Budget, Reply, UnknownReply
from chat.usage_admin import UsageAdmin  # noqa: F401 - registers itself


@admin.register(Budget)
class BudgetAdmin(AuditedAdmin):
    """How much a person, or with no person the whole team, may spend."""

    audit_actions = (Action.BUDGET_SET, Action.BUDGET_SET, Action.BUDGET_REMOVED)
    audit_fields = ("limit",)
    fields = ("owner", "limit", "reserved", "spent", "created_at")
    readonly_fields = ("reserved", "spent", "created_at")
    list_display = ("__str__", "limit", "reserved", "spent", "created_at")
    list_select_related = ("owner",)
    search_fields = ("owner__email", "owner__name")

    def audit_subject(self, row: Budget) -> User | None:
        return row.owner


@admin.register(UnknownReply)
class UnknownReplyAdmin(admin.ModelAdmin):
    """Replies whose answer was lost. What was asked and answered is not an administrator's to read."""

    fields = (
        "sent",
        "finished_at",
        "owner",
        "model",
        "version",
        "key_label",
        "request_id",
        "why",
        "failure_detail",
        "billed",
        "cost",
        "reserved",
        "remaining_credits",
        "given_up_at",
        "given_up_by",
    )
    readonly_fields = fields
    list_display = (
        "sent",
        "owner",
        "model",
        "version",
        "key_label",
        "request_id",
        "why",
        "failure_detail",
        "cost",
        "given_up_at",
    )
    list_filter = (("given_up_at", admin.EmptyFieldListFilter), "submit_started_at", "version")
    list_select_related = ("owner", "model")
    search_fields = ("owner__email", "owner__name", "request_id", "key_label")
    ordering = ("-submit_started_at",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(state=Reply.State.UNKNOWN)

    @admin.display(description=_("sent"), ordering="submit_started_at")
    def sent(self, reply: UnknownReply) -> datetime | None:
        return reply.submit_started_at

    @admin.display(description=_("why"))
    def why(self, reply: UnknownReply) -> str:
        if reply.failure_kind:
            return reply.get_failure_kind_display()
        return str(_("the worker that sent it was lost"))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: UnknownReply | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UnknownReply | None = None) -> bool:
        return False
