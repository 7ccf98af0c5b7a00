from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.audit_admin import AuditedAdmin
from accounts.services.audit import Action
from chat.budget_admin import BudgetAdmin  # noqa: F401 - registers itself
from chat.closing_admin import ClosingAdmin
from chat.models import LanguageModel, Reply, UnknownReply
from chat.models.language_model import LanguageModelQuerySet


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin):
    audit_actions = (Action.MODEL_ADDED, Action.MODEL_CHANGED, Action.MODEL_REMOVED)
    # The log takes no field with "token" in its name; what it stands for, the budget in characters, says the same.
    audit_fields = (
        *(
            field.name
            for field in LanguageModel._meta.concrete_fields
            if field.name not in {"id", "characters_per_token", "answer_cost", "reading_cost", "measured_answers"}
        ),
        "context_characters",
    )
    list_display = ("label", "enabled", "retired_at", "position", "cost", "slug", "wire_format", "api_version")
    list_filter = ("enabled", ("retired_at", admin.EmptyFieldListFilter), "wire_format", "version")
    search_fields = ("label", "slug")
    actions = ("offer", "withdraw")
    readonly_fields = ("retired_at",)
    fieldsets = (
        (None, {"fields": ("label", "description", "enabled", "position", "retired_at")}),
        (_("At Segmind"), {"fields": ("slug", "wire_format", "version")}),
        (_("Abilities"), {"fields": ("has_instruction", "has_temperature", "reads_images")}),
        (_("Memory"), {"fields": ("context_tokens", "characters_per_token")}),
        (_("As Segmind publishes"), {"fields": ("published_cost", "published_seconds")}),
    )

    @admin.display(description=_("API version"), ordering="version")
    def api_version(self, model: LanguageModel) -> str:
        return model.version

    @admin.display(description=_("published cost, USD per request"), ordering="published_cost")
    def cost(self, model: LanguageModel) -> str:
        return f"{model.published_cost.normalize():f}" if model.published_cost is not None else "–"

    @admin.action(description=_("Offer the selected models"), permissions=["change"])
    def offer(self, request: HttpRequest, models: LanguageModelQuerySet) -> None:
        self.put_on_offer(models.filter(enabled=False), enabled=True)

    @admin.action(description=_("Don't offer the selected models"), permissions=["change"])
    def withdraw(self, request: HttpRequest, models: LanguageModelQuerySet) -> None:
        self.put_on_offer(models.filter(enabled=True), enabled=False)

    @transaction.atomic
    def put_on_offer(self, models: LanguageModelQuerySet, *, enabled: bool) -> None:
        for model in models.select_for_update():
            model.enabled, model.retired_at = enabled, None
            model.save(update_fields=["enabled", "retired_at"])
            self.record(Action.MODEL_CHANGED, model, before={"enabled": not enabled}, after={"enabled": enabled})

    def save_model(self, request: HttpRequest, obj: LanguageModel, form: ModelForm, change: bool) -> None:
        if obj.enabled:
            obj.retired_at = None  # an administrator knows better than the last 410
        super().save_model(request, obj, form, change)


@admin.register(UnknownReply)
class UnknownReplyAdmin(ClosingAdmin):
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
        "closing_link",
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
