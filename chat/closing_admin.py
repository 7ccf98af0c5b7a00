"""The page on which an administrator settles or releases a reply of unknown cost."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.budget_forms import AMOUNT
from chat.models import Reply
from chat.models.gone import name_of
from chat.models.reply import COST_UNKNOWN
from chat.services.reply_closings import NothingToClose, TooEarly, can_be_closed, close


class ClosingForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[("settle", gettext_lazy("It was billed")), ("release", gettext_lazy("It was not billed"))],
        widget=forms.RadioSelect,
    )
    cost = forms.DecimalField(
        label=gettext_lazy("Cost, in credits"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("What Segmind's own list of requests says. Empty if it was not billed."),
        **AMOUNT,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("outcome") == "settle" and cleaned.get("cost") is None and "cost" not in self.errors:
            self.add_error("cost", _("What was billed has a cost."))
        if cleaned.get("outcome") == "release":
            cleaned["cost"] = None
        return cleaned


class ClosedFilter(admin.SimpleListFilter):
    """What is still to be closed, unless something else is asked for: the list is there to be worked off."""

    title = gettext_lazy("still to settle or release")
    parameter_name = "unsettled"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("no", _("closed")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for word, display in [("yes", _("Yes")), *self.lookup_choices]:
            query_string = changelist.get_query_string({self.parameter_name: word}, [self.parameter_name])
            yield {"selected": (self.value() or "yes") == word, "query_string": query_string, "display": display}

    def queryset(self, request: HttpRequest, replies: Any) -> Any:
        match self.value():
            case "no":
                return replies.filter(closing__isnull=False)
            case "all":
                return replies
        return replies.filter(COST_UNKNOWN)


class ClosingAdmin(admin.ModelAdmin):
    """A ModelAdmin of these replies with that page."""

    @admin.display(description=gettext_lazy("settle or release"))
    def closing_link(self, reply: Reply) -> str:
        if not reply.is_of_unknown_cost:
            return _("released") if reply.billed == Reply.Billed.NO else _("settled")
        if not can_be_closed(reply):
            return _("an hour after it was sent")
        return format_html('<a href="{}">{}</a>', reverse("admin:chat_unknownreply_close", args=[reply.pk]), _("Close"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.close)
        return [path("<path:object_id>/closing/", view, name="chat_unknownreply_close"), *super().get_urls()]

    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = cast("User", request.user)
        if not user.has_perm("chat.change_unknownreply"):
            raise PermissionDenied
        reply = self.get_object(request, object_id)
        if reply is None:
            raise Http404
        form = ClosingForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                close(reply=reply, cost=form.cleaned_data["cost"], reason=form.cleaned_data["reason"], by=user)
            except TooEarly:
                form.add_error(None, _("Its answer may still turn up. Wait until an hour after it was sent."))
            except NothingToClose:
                form.add_error(None, _("Its cost is known already."))
            else:
                messages.success(request, _("It is closed, and the ledger has the entry."))
                return redirect("admin:chat_unknownreply_changelist")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "reply": reply, "form": form}
        context |= {"person": name_of(reply, "owner"), "language_model": name_of(reply, "model")}
        return render(request, "admin/chat/unknownreply/closing.html", context)
