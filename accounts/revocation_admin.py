"""Revoking keys in the admin: from their list and from the page of one, after being asked once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey
from accounts.reauthentication import recent_sign_in_required
from accounts.services.revocation import revoke_key


class RevocationForm(forms.Form):
    keys = forms.ModelMultipleChoiceField(
        ApiKey.objects.in_use().select_related("owner").without_secrets(),
        label=_("Keys"),
        error_messages={
            "required": _("Choose a key first."),
            "invalid_choice": _("One of these keys is revoked or removed already. Choose again."),
            "invalid_pk_value": _("Choose a key first."),
        },
    )


class RevokingAdmin(admin.ModelAdmin):
    """A ModelAdmin of keys with that action and that page."""

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Of every key, also of a person's own: whoever may remove it may do what is less."""
        return self.has_delete_permission(request)

    @admin.action(description=_("Revoke the selected keys: destroy their values for good"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> HttpResponse:
        chosen = [str(key.pk) for key in keys]
        return redirect(reverse("admin:accounts_apikey_revocation", query={"keys": chosen}))

    def get_urls(self) -> list[URLPattern]:
        page: Any = self.admin_site.admin_view(recent_sign_in_required(self.revocation_page))
        return [path("revocation/", page, name="accounts_apikey_revocation"), *super().get_urls()]

    def revocation_page(self, request: HttpRequest) -> HttpResponse:
        """What it means and for which keys, by ?keys=; a POST does it."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = RevocationForm(request.POST if posted else request.GET)
        if form.is_valid() and posted:
            count = sum(revoke_key(key=key) for key in form.cleaned_data["keys"])
            messages.success(request, ngettext("%d key is revoked.", "%d keys are revoked.", count) % count)
            return redirect("admin:accounts_apikey_changelist")
        if not form.is_valid() and not posted:
            messages.warning(request, gettext("None of these keys is in use any more, so there is nothing to revoke."))
            return redirect("admin:accounts_apikey_changelist")
        keys = form.cleaned_data.get("keys", [])
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "keys": keys}
        return render(request, "admin/accounts/apikey/revocation.html", context, status=422 if posted else 200)
