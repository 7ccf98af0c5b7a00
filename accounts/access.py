"""The only road from an id in a URL to a thing of accounts, always through a person."""

from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404

from accounts.models import ApiKey, Invitation, Picture, User


def may_read_audit(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Administrators, and whoever else is let into the admin panel to read."""
    return isinstance(user, User) and user.is_active and user.is_staff


def api_key_for(user: User, key_id: UUID) -> ApiKey:
    """Raises Http404 alike for a key that is not there, one of somebody else and one that was revoked."""
    return get_object_or_404(ApiKey.objects.visible_to(user).in_use(), pk=key_id)


def api_key_to_remove(user: User, key_id: UUID) -> ApiKey:
    """The same, but be it revoked."""
    return get_object_or_404(ApiKey.objects.visible_to(user), pk=key_id)


def open_invitation(token: str) -> Invitation | None:
    """The invitation that this link opens. None alike for one that is over and one that never was."""
    return Invitation.objects.open().with_token(token).first()


def picture_for(user: User, picture_id: UUID) -> Picture:
    """Everybody who is signed in sees everybody's picture. Raises Http404."""
    return get_object_or_404(Picture, pk=picture_id)
