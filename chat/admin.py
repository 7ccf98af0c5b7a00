from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import FETCH_PEERS, Count
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chat.budget_admin import BudgetAdmin  # noqa: F401 - registers itself
from chat.closing_admin import ClosedFilter, ClosingAdmin
from chat.model_admin import LanguageModelAdmin  # noqa: F401 - registers itself
from chat.models import Reply, ReplyClosing, Share, ShareReport, SharingPolicy, UnknownReply
from chat.models.gone import name_of
from chat.models.share import ShareQuerySet
from chat.people_admin import KeyAdmin  # noqa: F401 - registers itself
from chat.services import shares
from chat.usage_admin import UsageAdmin  # noqa: F401 - registers itself

admin.site.index_template = "admin/overview.html"


@admin.register(UnknownReply)
class UnknownReplyAdmin(ClosingAdmin):
    """Replies whose cost nobody knows. What was asked and answered is not an administrator's to read."""

    fields = (
        "sent",
        "finished_at",
        "person",
        "language_model",
        "version",
        "key_label",
        "request_id",
        "state",
        "why",
        "failure_detail",
        "billed",
        "cost",
        "reserved",
        "remaining_credits",
        "given_up_at",
        "given_up_by",
        "closing_link",
    )
    readonly_fields = fields
    list_display = (
        "sent",
        "closing_link",
        "person",
        "language_model",
        "version",
        "key_label",
        "request_id",
        "state",
        "why",
        "failure_detail",
        "billed",
        "cost",
        "given_up_at",
    )
    list_filter = (ClosedFilter, "state", ("given_up_at", admin.EmptyFieldListFilter), "submit_started_at", "version")
    list_select_related = ("owner",)
    search_fields = ("owner__email", "owner__name", "request_id", "key_label")
    ordering = ("-submit_started_at",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Models are looked up for all at once, not by a join, which would leave out whose model is gone."""
        # Not "one or the other": for that the database reads all replies, and these two by their indexes.
        unknown, closed = Reply.objects.of_unknown_cost().values("pk"), ReplyClosing.objects.values("reply_id")
        replies = super().get_queryset(request).filter(pk__in=unknown.union(closed))
        return replies.fetch_mode(FETCH_PEERS)

    @admin.display(description=_("person"), ordering="owner__name")
    def person(self, reply: UnknownReply) -> str:
        return name_of(reply, "owner")

    @admin.display(description=_("model"), ordering="model__label")
    def language_model(self, reply: UnknownReply) -> str:
        return name_of(reply, "model")

    @admin.display(description=_("sent"), ordering="submit_started_at")
    def sent(self, reply: UnknownReply) -> datetime | None:
        return reply.submit_started_at

    @admin.display(description=_("why"))
    def why(self, reply: UnknownReply) -> str:
        if reply.failure_kind:
            return reply.get_failure_kind_display()
        if reply.state in (Reply.State.COMPLETED, Reply.State.STOPPED):
            return gettext("Segmind named no cost")
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


class ReportedFilter(admin.EmptyFieldListFilter):
    """By whether there are reports, in words: a relation seen from its other side has no name for people."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("reports")


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
    list_filter = ("audience", ("revoked_at", admin.EmptyFieldListFilter), ("reports", ReportedFilter))
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
