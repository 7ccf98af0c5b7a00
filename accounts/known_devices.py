"""A signed cookie by which a browser is known to have signed in to an account before.

Somebody who fails on an account from elsewhere can then slow down others like themselves, and not its owner (OWASP:
device cookies). The cookie signs nobody in; it only chooses which counter a failure goes to.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

SALT = "accounts.known_devices"
AGE_SECONDS = 365 * 24 * 60 * 60
# On a shared computer the accounts used last are remembered.
MOST_ACCOUNTS = 8


@dataclass(frozen=True)
class Device:
    """A browser, and the marks of the accounts that were used in it, the last one first."""

    name: str
    accounts: tuple[str, ...] = ()

    def knows(self, email: str) -> bool:
        return mark_of(email) in self.accounts


def device_of(request: HttpRequest) -> Device:
    """A new device if there is no cookie, or one that we have not signed, or not lately."""
    try:
        name, accounts = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=AGE_SECONDS
        )
    except (signing.BadSignature, ValueError):
        return Device(secrets.token_urlsafe(16))
    return Device(name, tuple(accounts))


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let this browser be known for the account from now on."""
    device, mark = device_of(request), mark_of(email)
    accounts = [mark, *(known for known in device.accounts if known != mark)][:MOST_ACCOUNTS]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device.name, accounts], salt=SALT),
        max_age=AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def mark_of(email: str) -> str:
    """Says nothing about the address to who reads the cookie."""
    return salted_hmac(SALT, email.strip().lower(), algorithm="sha256").hexdigest()[:24]
