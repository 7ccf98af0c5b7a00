"""How a person signs in: an overview, which leads to allauth's pages, and what those lack."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import get_totp_secret
from allauth.usersessions.models import UserSession
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.reauthentication import recent_sign_in_required
from accounts.requests import SignedInRequest
from accounts.services import second_factors


@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    factors = Authenticator.objects.filter(user=request.user).order_by("created_at")
    codes = [factor.wrap() for factor in factors if factor.type == Authenticator.Type.RECOVERY_CODES]
    context = {
        "passkeys": [factor.wrap() for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "has_authenticator": any(factor.type == Authenticator.Type.TOTP for factor in factors),
        "unused_codes": len(codes[0].get_unused_codes()) if codes else None,
        "sessions": UserSession.objects.purge_and_list(request.user),
        "is_required": second_factors.is_required_of(request.user),
    }
    return render(request, "accounts/security.html", context)


@require_safe
def second_factor(request: SignedInRequest) -> HttpResponse:
    """Where everybody is led who has to have a second factor and has none."""
    if not second_factors.is_missing(request.user):
        return redirect("security")
    return render(request, "accounts/second_factor.html")


@never_cache
@require_safe
@recent_sign_in_required
def authenticator_picture(request: SignedInRequest) -> HttpResponse:
    """The secret of the authenticator app that is being set up, as a QR code. The CSP lets no page hold it itself."""
    adapter = get_adapter()
    address = adapter.build_totp_url(request.user, get_totp_secret())
    return HttpResponse(adapter.build_totp_svg(address), content_type="image/svg+xml")
