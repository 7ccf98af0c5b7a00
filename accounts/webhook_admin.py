"""Webhooks in the admin panel: who is told, a test, and the log of what was sent."""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit_admin import AuditedAdmin
from accounts.models import Webhook, WebhookAttempt, WebhookDelivery
from accounts.models.key_notice import Kind
from accounts.reauthentication import recent_sign_in_required
from accounts.services import webhooks
from accounts.services.audit import Action
from accounts.tasks import deliver_webhook


class WebhookForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What it hears of"),
        choices=Kind.choices,
        initial=Kind.values,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Of the team's keys only, once a day for each key."),
    )

    class Meta:
        model = Webhook
        fields: ClassVar[list[str]] = ["name", "address", "kinds", "is_active"]
        widgets: ClassVar[dict[str, forms.Widget]] = {"address": forms.TextInput({"class": "vLargeTextField"})}

    def clean_address(self) -> str:
        """Where it leads is checked again whenever something is sent there, and only then by its numbers."""
        address: str = self.cleaned_data["address"]
        parts = parts_of(address)
        if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
            raise forms.ValidationError(_("This is no address of the web. It begins with https://."))
        if parts.username is not None or parts.password is not None:
            raise forms.ValidationError(_("An address with a name and a password in it is not taken."))
        if parts.scheme == "http" and not settings.WEBHOOK_NETWORKS:
            raise forms.ValidationError(_("It has to begin with https://. For your own network set WEBHOOK_NETWORKS."))
        return address


def parts_of(address: str) -> Any:
    """None for what can't be asked."""
    try:
        parts = urlsplit(address)
        _port = parts.port
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL):
        return None
    return parts


@method_decorator(recent_sign_in_required, "changeform_view")
@method_decorator(recent_sign_in_required, "delete_view")
@method_decorator(recent_sign_in_required, "response_action")
@admin.register(Webhook)
class WebhookAdmin(AuditedAdmin):
    """Chat tools and other programs that hear of the team's keys. The secret is shown once, when one is added."""

    audit_actions = (Action.WEBHOOK_ADDED, Action.WEBHOOK_CHANGED, Action.WEBHOOK_REMOVED)
    audit_fields = ("name", "host", "kinds", "is_active")
    form = WebhookForm
    fields = ("name", "address", "kinds", "is_active")
    list_display = ("name", "host", "hears_of", "is_active", "latest", "created_at")
    actions = ("send_test",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        newest = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-created_at").values("state")[:1]
        rows: QuerySet[Webhook] = super().get_queryset(request)
        return rows.defer("ciphertext").annotate(latest_state=Subquery(newest))

    @admin.display(description=gettext_lazy("machine"))
    def host(self, webhook: Webhook) -> str:
        return webhook.host

    @admin.display(description=gettext_lazy("what it hears of"))
    def hears_of(self, webhook: Webhook) -> str:
        return ", ".join(str(label) for kind, label in Kind.choices if kind in webhook.kinds)

    @admin.display(description=gettext_lazy("latest delivery"))
    def latest(self, webhook: Any) -> str:
        return str(WebhookDelivery.State(webhook.latest_state).label) if webhook.latest_state else "-"

    def save_model(self, request: HttpRequest, obj: Webhook, form: ModelForm, change: bool) -> None:
        if not change:
            obj.new_secret = webhooks.give_secret(obj)  # type: ignore[attr-defined]  # for the answer
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None) -> HttpResponse:
        own = {"opts": self.opts, "webhook": obj, "secret": obj.new_secret.reveal()}  # type: ignore[attr-defined]
        return render(request, "admin/accounts/webhook/secret.html", {**self.admin_site.each_context(request), **own})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its deliveries go with it, although nobody removes one alone."""
        listed, counts, _forbidden, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    @admin.action(description=gettext_lazy("Send a test"), permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            if not webhook.is_active:
                messages.warning(request, _("“%(name)s” is switched off.") % {"name": webhook})
                continue
            with transaction.atomic():
                deliver_webhook.defer(delivery_id=str(webhooks.write_test(webhook).pk))
            sentence = _("A test goes to “%(name)s”. What came of it stands under “Webhook deliveries”.")
            messages.success(request, sentence % {"name": webhook})


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(admin.ModelAdmin):
    """For reading; what did not arrive can be sent again."""

    list_display = ("created_at", "webhook", "kind", "state", "last_attempt", "attempts_made", "next_try")
    list_filter = ("state", "webhook", "kind")
    list_select_related = ("webhook",)
    date_hierarchy = "created_at"
    fields = readonly_fields = ("number", "webhook", "kind", "created_at", "state", "log", "next_try", "body")
    actions = ("send_again",)
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        return False

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_webhook")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        rows: QuerySet[WebhookDelivery] = super().get_queryset(request)
        last = WebhookAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-at", "-pk")
        return rows.annotate(
            last_outcome=Subquery(last.values("outcome")[:1]), last_status=Subquery(last.values("status")[:1])
        )

    @admin.display(description=gettext_lazy("webhook-id for the receiver"))
    def number(self, delivery: WebhookDelivery) -> str:
        return str(delivery.pk)

    @admin.display(description=gettext_lazy("last attempt"))
    def last_attempt(self, delivery: Any) -> str:
        if not delivery.last_outcome:
            return "-"
        words = str(WebhookAttempt.Outcome(delivery.last_outcome).label)
        return f"{words} ({delivery.last_status})" if delivery.last_status else words

    @admin.display(description=gettext_lazy("attempts"), empty_value="-")
    def log(self, delivery: WebhookDelivery) -> str:
        return format_html_join("", "<div>{}</div>", ([line_of(attempt)] for attempt in delivery.attempts.all()))

    @admin.display(description=gettext_lazy("next attempt"))
    def next_try(self, delivery: WebhookDelivery) -> str:
        return moment(delivery.next_attempt_at) if delivery.state == WebhookDelivery.State.WAITING else "-"

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        for delivery in queryset:
            with transaction.atomic():
                webhooks.send_again(delivery)
                deliver_webhook.defer(delivery_id=str(delivery.pk))
        messages.success(request, _("It is on its way. Look again in a moment."))


def line_of(attempt: WebhookAttempt) -> str:
    """When it was, how it ended, the status if there was one, and how long it took."""
    facts = [moment(attempt.at), attempt.get_outcome_display()]
    facts += [str(attempt.status)] if attempt.status else []
    return ", ".join(facts + ([] if attempt.milliseconds is None else [f"{attempt.milliseconds} ms"]))


def moment(time: datetime) -> str:
    return date_format(localtime(time), "Y-m-d H:i:s")
