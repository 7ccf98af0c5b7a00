"""A link, as its readers meet it. Whatever a link is not, or is no more, answers alike."""

import gzip
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import HtmxRequest, SignedInRequest, client_address
from accounts.services import second_factors
from chat.models import Share, Snapshot, SnapshotFile
from chat.models.attachment import media_type_of
from chat.models.share import LET_IN_FOR
from chat.services import share_opening, shares
from chat.services.share_copies import continue_in_copy
from chat.services.share_guesses import guesses
from chat.share_forms import PassphraseForm, ReportForm
from chat.views.attachments import NOTHING, file_response

POLICY = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
}
# By address, and all addresses together: a passphrase is short enough to be tried out.
PASSPHRASE_RATES = {"share_passphrase": "5/5m/key", "share_passphrase_everywhere": "50/h/key"}
COOKIE = "__Secure-share" if settings.HTTPS else "share"


def with_headers[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """What every answer at an address of a link says to browsers and robots."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapped


def for_readers[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponseBase]:
    """The same, of a page."""
    return csp_override(POLICY)(with_headers(view))


def lean(request: HtmxRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    """A page without the request: neither a session nor a cookie comes into it."""
    known = {"theme": theme_of(request), "sandbox": bool(settings.SANDBOX_URL)}
    return HttpResponse(render_to_string(template, known | context), status=status)


def theme_of(request: HtmxRequest) -> str:
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in ("light", "dark") else "system"


def gone(request: HtmxRequest, token: str) -> HttpResponse:
    guesses.note(address_of(request), token)
    return lean(request, "chat/shared_gone.html", {}, status=404)


def address_of(request: HtmxRequest) -> str:
    address: str = ratelimit.truncate_ip(client_address(request))
    return address


def is_throttled(request: HtmxRequest) -> bool:
    return guesses.are_too_many(address_of(request))


def found(request: HtmxRequest, token: str) -> Share | HttpResponse:
    """The link, if the reader may open it; else what to answer."""
    if is_throttled(request):
        return lean(request, "chat/shared_throttled.html", {}, status=429)
    share = share_opening.find(token)
    if share is None:
        return gone(request, token)
    if share.audience == Share.Audience.ANYONE:
        return share
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not share_opening.is_for(share, request.user):
        return gone(request, token)
    return redirect("second_factor") if second_factors.is_missing(request.user) else share


def is_unlocked(request: HtmxRequest, share: Share) -> bool:
    return share_opening.is_unlocked(share, request.COOKIES.get(COOKIE, ""))


@login_not_required
@for_readers
@require_safe
def show(request: HtmxRequest, token: str) -> HttpResponse:
    """The page; to robots what the owner has said for them, and to who has not given the passphrase, the question."""
    may_count = request.method == "GET" and not is_robot(request) and not is_throttled(request)
    share = share_opening.open_at_once(token) if may_count else None
    if share is not None:
        return page(request, share, token)
    asked = found(request, token)
    return answer(request, asked, token) if isinstance(asked, Share) else asked


def answer(request: HtmxRequest, share: Share, token: str) -> HttpResponse:
    if share.is_used_up:
        return gone(request, token)
    if is_robot(request):
        return lean(request, "chat/shared_for_robots.html", {"share": share}, status=200)
    if not is_unlocked(request, share):
        return locked(request, PassphraseForm(), token, status=200)
    return HttpResponse() if request.method == "HEAD" else opened(request, share, token)


def is_robot(request: HtmxRequest) -> bool:
    return share_opening.is_robot(request.headers.get("User-Agent", ""))


def locked(request: HtmxRequest, form: PassphraseForm, token: str, *, status: int) -> HttpResponse:
    context = {"form": form, "action": reverse("shared_unlock", args=[token])}
    return lean(request, "chat/shared_locked.html", context, status=status)


def opened(request: HtmxRequest, share: Share, token: str) -> HttpResponse:
    asks_who = share.audience != Share.Audience.ANYONE
    reader = request.user if asks_who and request.user.is_authenticated else None
    if not share_opening.count_view(share, reader=reader):
        return gone(request, token)
    return page(request, share, token)


def page(request: HtmxRequest, share: Share, token: str) -> HttpResponse:
    look = share_opening.Look(theme_of(request), get_language() or settings.LANGUAGE_CODE, bool(settings.SANDBOX_URL))
    packed = share_opening.page_of(share, look)
    if packed is None:
        return gone(request, token)
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(gzip.decompress(packed), headers={"Vary": "Accept-Encoding, Cookie"})
    return HttpResponse(packed, headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding, Cookie"})


# --- Passphrase ---------------------------------------------------------------
# Without Django's token against forgery, which would need a cookie for it: where it was sent from says as much.
@csrf_exempt
@login_not_required
@sensitive_post_parameters("passphrase")
@for_readers
@require_POST
def unlock(request: HtmxRequest, token: str) -> HttpResponse:
    """Remember for an hour, in a cookie for this link alone, that the browser has given the passphrase."""
    if not is_sent_from_here(request):
        return lean(request, "chat/shared_elsewhere.html", {}, status=403)
    share = found(request, token)
    if isinstance(share, HttpResponse):
        return share
    if share.is_used_up or not share.passphrase:
        return gone(request, token)
    form = PassphraseForm(request.POST)
    if not form.is_valid() or not fits(request, share, form):
        return locked(request, form, token, status=422)
    return unlocked(redirect("shared", token), share, token)


def fits(request: HtmxRequest, share: Share, form: PassphraseForm) -> bool:
    """Counts the attempt before it looks; one that is right is taken back. Tells the form what is wrong."""
    everyone = str(share.pk)
    counters = {"share_passphrase": f"{everyone} {address_of(request)}", "share_passphrase_everywhere": everyone}
    used = []
    for action, key in counters.items():
        usage = ratelimit.consume(request, app="chat", action=action, config=PASSPHRASE_RATES, key=key)
        if usage is None:
            form.add_error("passphrase", _("Too many attempts. Wait a few minutes, then try again."))
            return False
        used.append(usage)
    if not share_opening.passphrase_fits(share, form.cleaned_data["passphrase"]):
        form.add_error("passphrase", _("This is not the passphrase."))
        return False
    for usage in used:
        usage.rollback()
    return True


def unlocked(response: HttpResponse, share: Share, token: str) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        share_opening.unlocking_cookie(share),
        max_age=LET_IN_FOR,
        path=f"/s/{token}/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def is_sent_from_here(request: HtmxRequest) -> bool:
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") in own


# --- What belongs to the page ---------------------------------------------------
def readable(request: HtmxRequest, token: str) -> Share | HttpResponse:
    """The link, if the reader sees or saw what it shows; else what to answer."""
    share = found(request, token)
    if isinstance(share, HttpResponse):
        return share
    if not share_opening.was_let_in(share, request.GET.get("ticket", "")):
        return gone(request, token) if share.is_used_up else redirect("shared", token)
    return share if is_unlocked(request, share) else redirect("shared", token)


@login_not_required
@require_safe
def image(request: HtmxRequest, token: str, image_id: UUID) -> HttpResponseBase:
    """An image of the page, for as long as the page is there."""
    share = readable(request, token)
    if isinstance(share, HttpResponse):
        return no_image(request, token, share)
    frozen = SnapshotFile.objects.filter(snapshot=share.pk, pk=image_id).first()
    return picture(request, frozen) if frozen else no_image(request, token, None)


@for_readers
def no_image(request: HtmxRequest, token: str, answer: HttpResponse | None) -> HttpResponse:
    return answer or gone(request, token)


@csp_override(NOTHING)
@with_headers
def picture(request: HtmxRequest, frozen: SnapshotFile) -> HttpResponse:
    response = file_response(frozen.file, media_type_of(frozen.file), name="image")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


# --- What signed-in readers can do ----------------------------------------------
# These two are pages of the site, with its own rules: their forms could not be sent without a referrer.
@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: SignedInRequest, token: str) -> HttpResponse:
    """Ask, then make the reader's own conversation of it."""
    share = readable(request, token)
    if isinstance(share, HttpResponse):
        return share
    if not share.may_continue:
        return gone(request, token)
    if request.method != "POST":
        return render(request, "chat/share_copy.html", {"action": request.get_full_path()})
    try:
        return redirect(continue_in_copy(share=share, reader=request.user))
    except Snapshot.DoesNotExist:
        return gone(request, token)


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: SignedInRequest, token: str) -> HttpResponse:
    """Tell the administrators about it."""
    share = readable(request, token)
    if isinstance(share, HttpResponse):
        return share
    form = ReportForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"form": form, "action": request.get_full_path()}
        return render(request, "chat/share_report.html", context, status=422 if form.is_bound else 200)
    shares.report(share=share, reporter=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("Thank you. The administrators have been told."))
    return redirect("home")
