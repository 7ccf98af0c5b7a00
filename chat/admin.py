from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.audit_admin import AuditedAdmin
from accounts.services.audit import Action
from chat.budget_admin import BudgetAdmin  # noqa: F401 - registers itself
from chat.closing_admin import ClosingAdmin
from chat.models import LanguageModel, Reply, Share, ShareReport, SharingPolicy, UnknownReply
from chat.models.language_model import LanguageModelQuerySet
from chat.models.share import ShareQuerySet
from chat.services import shares
from chat.usage_admin import UsageAdmin  # noqa: F401 - registers itself


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


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SharingPolicy)
class SharingPolicyAdmin(admin.ModelAdmin):
    """The one row, made when an administrator first looks at it."""

    fields = ("anyone_allowed",)
    list_display = ("__str__", "anyone_allowed")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        SharingPolicy.objects.get_or_create(pk=1)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: SharingPolicy, form: ModelForm, change: bool) -> None:
        shares.allow_anyone(allowed=obj.anyone_allowed)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SharingPolicy | None = None) -> bool:
        return False


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    """Everybody's links, to revoke. What one shows is an administrator's to read only once it was reported."""

    fields = ("owner", "audience", "created_at", "expires_at", "views", "views_limit", "last_seen_at", "revoked_at")
    list_display = (
        "created_at",
        "owner",
        "audience",
        "expires_at",
        "views",
        "views_limit",
        "last_seen_at",
        "revoked_at",
        "reported",
    )
    list_filter = ("audience", ("revoked_at", admin.EmptyFieldListFilter), ("reports", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("owner__email", "owner__name")
    ordering = ("-created_at",)
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(report_count=Count("reports"))

    @admin.display(description=_("reports"), ordering="report_count")
    def reported(self, share: Share) -> str:
        count: int = getattr(share, "report_count", 0)
        return shown_link(share, str(count)) if count else "0"

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    @admin.action(description=_("Revoke the selected links"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: ShareQuerySet) -> None:
        count = shares.revoke_all(Share.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))))
        messages.success(request, ngettext("%d link is revoked.", "%d links are revoked.", count) % count)


@admin.register(ShareReport)
class ShareReportAdmin(ReadOnlyAdmin):
    """What readers have told about links."""

    fields = ("created_at", "owner", "reporter", "reason", "shows")
    list_display = ("created_at", "owner", "reporter", "reason", "shows")
    list_select_related = ("share__owner", "reporter")
    ordering = ("-created_at",)

    @admin.display(description=_("owner"))
    def owner(self, report: ShareReport) -> str:
        return str(report.share.owner)

    @admin.display(description=_("what the link shows"))
    def shows(self, report: ShareReport) -> str:
        return gettext("revoked") if report.share.revoked_at else shown_link(report.share, gettext("Read"))


def shown_link(share: Share, words: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse("share_snapshot", args=[share.pk]), words)
