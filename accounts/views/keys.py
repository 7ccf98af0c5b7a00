"""Own API keys: the list, a new one, its check, its description, the default, its removal."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import access
from accounts.forms import KeyChangeForm, KeyForm, OwnKeyForm, focus_first_error
from accounts.models import ApiKey
from accounts.reauthentication import recent_sign_in_required
from accounts.requests import SignedInRequest
from accounts.services import api_keys, key_checks
from accounts.services.key_checks import CheckResult, Outcome


@sensitive_post_parameters("value")
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in_required
def keys(request: SignedInRequest) -> HttpResponse:
    return create(request) if request.method == "POST" else render(request, "accounts/keys.html", context_for(request))


def create(request: SignedInRequest) -> HttpResponse:
    form = KeyForm(request.POST)
    key = save(request, form) if form.is_valid() else None
    if key is None:
        focus_first_error(form)
        template = "accounts/keys.html#form" if request.htmx else "accounts/keys.html"
        return render(request, template, {**context_for(request), "form": form}, status=422)
    check_new_value(request, form, key)
    return answer_with_keys(request)


def save(request: SignedInRequest, form: KeyForm) -> ApiKey | None:
    try:
        return api_keys.add_key(owner=request.user, **form.cleaned_data)
    except api_keys.KeyAlreadyAdded as exc:
        tell_twice(form, exc)
        return None


@sensitive_post_parameters("value")
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in_required
def change(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    """One key's label, rate and warning, and another value for it."""
    key = access.api_key_for(request.user, key_id)
    form = KeyChangeForm(request.POST if request.method == "POST" else None, key=key)
    if form.is_valid() and save_changes(form, key):
        if form.cleaned_data["value"]:
            check_new_value(request, form, key)
        else:
            messages.success(request, _("Saved."))
        return redirect("keys")
    if form.is_bound:
        focus_first_error(form)
    return render(request, "accounts/key.html", {"key": key, "form": form}, status=422 if form.is_bound else 200)


def save_changes(form: KeyChangeForm, key: ApiKey) -> bool:
    description = dict(form.cleaned_data)
    value = description.pop("value")
    try:
        api_keys.change_key(key=key, value=value, **description)
    except api_keys.KeyAlreadyAdded as exc:
        tell_twice(form, exc)
        return False
    return True


@require_POST
@vary_on_headers("HX-Request")
def check(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    key = access.api_key_for(request.user, key_id)
    tell_result(request, key, key_checks.check_key(key=key))
    return answer_with_keys(request)


@require_POST
@vary_on_headers("HX-Request")
@recent_sign_in_required
def make_default(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    key = access.api_key_for(request.user, key_id)
    api_keys.make_default(key=key)
    messages.success(request, _("“%(label)s” pays by default from now on.") % {"label": key.label})
    return answer_with_keys(request)


@require_POST
@vary_on_headers("HX-Request")
@recent_sign_in_required
def remove(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    key = access.api_key_to_remove(request.user, key_id)
    api_keys.remove_key(key=key)
    messages.success(request, _("“%(label)s” is removed.") % {"label": key.label})
    return answer_with_keys(request)


def answer_with_keys(request: SignedInRequest) -> HttpResponse:
    """The list as it is now: as a fragment for htmx, else by way of a redirect."""
    if not request.htmx:
        return redirect("keys")
    return render(request, "accounts/keys.html#changed", context_for(request))


def check_new_value(request: SignedInRequest, form: OwnKeyForm, key: ApiKey) -> None:
    if form.is_unusual:
        messages.warning(request, _("Saved, but this does not look like a Segmind key: SG_ and 16 letters and digits."))
    tell_result(request, key, key_checks.check_key(key=key))


def tell_twice(form: OwnKeyForm, exc: api_keys.KeyAlreadyAdded) -> None:
    form.add_error("value", _("You have this key already. Its label is “%(label)s”.") % {"label": exc.label})


def tell_result(request: SignedInRequest, key: ApiKey, result: CheckResult) -> None:
    sentences = {
        Outcome.WORKS: _("“%(label)s” works."),
        Outcome.REFUSED: _("“%(label)s” was refused. Look at it at Segmind, or add another one."),
        Outcome.UNREACHABLE: _("Segmind could not say whether “%(label)s” works. Check it again in a while."),
    }
    level = messages.SUCCESS if result.outcome == Outcome.WORKS else messages.WARNING
    messages.add_message(request, level, sentences[result.outcome] % {"label": key.label})


def context_for(request: SignedInRequest) -> dict[str, object]:
    keys = api_keys.own_keys(request.user)
    team_keys = api_keys.granted_keys(request.user)
    return {"keys": keys, "several": len(keys) > 1, "team_keys": team_keys, "form": KeyForm()}
