"""Who needs a second factor, and who has one."""

from allauth.mfa.models import Authenticator
from django.conf import settings

from accounts.models import User
from accounts.models.user import Role


def is_required_of(user: User) -> bool:
    """Whether the settings demand a second factor of this person.

    `administrators` means everyone who may open the admin panel: by their role, auditors too.
    """
    return settings.REQUIRE_SECOND_FACTOR == "everyone" or (
        settings.REQUIRE_SECOND_FACTOR == "administrators" and user.role in {Role.ADMINISTRATOR, Role.AUDITOR}
    )


def is_missing(user: User) -> bool:
    """Whether a second factor is required and not there. Recovery codes alone are none."""
    if not is_required_of(user):
        return False
    factors = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return not factors.exists()
