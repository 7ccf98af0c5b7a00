from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts import access
from accounts.requests import SignedInRequest

YEAR_SECONDS = 365 * 24 * 60 * 60


@require_safe
@cache_control(private=True, max_age=YEAR_SECONDS, immutable=True)
def picture(request: SignedInRequest, picture_id: UUID) -> HttpResponse:
    """A person's picture. It is always the WebP that we made ourselves, whatever was uploaded."""
    found = access.picture_for(request.user, picture_id)
    # Said here too, where it matters most, though it is the site's default.
    headers = {"X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(found.webp), content_type="image/webp", headers=headers)
