"""System checks: what has to be right before this site may hold a key."""

import base64
import stat
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.utils.encoding import force_bytes

from accounts import vault
from accounts.keyring import KeyringError


def check_keyring(**kwargs: Any) -> list[CheckMessage]:
    """The keyring can be read, is no secret of Django's, and is nobody else's to read."""
    try:
        secrets = vault.keyring().secrets
    except KeyringError as exc:
        return [Error(str(exc), id="accounts.E001")]
    borrowed = [key_id for key_id, secret in secrets.items() if is_a_secret_of_django(secret)]
    messages: list[CheckMessage] = [
        Error(
            f"Key {key_id} of the keyring is the SECRET_KEY. Give the keyring a secret of its own.",
            id="accounts.E002",
        )
        for key_id in borrowed
    ]
    if settings.PARLEY_KEYRING.stat().st_mode & stat.S_IRWXO:
        messages.append(
            Warning("Every user of this machine can open the keyring. Give the file mode 0600.", id="accounts.W001")
        )
    return messages


def require_keyring() -> None:
    """For a server, which starts without Django's checks. Raises ImproperlyConfigured for what they would refuse."""
    for message in check_keyring():
        if message.is_serious():
            raise ImproperlyConfigured(message.msg)


def check_sign_up(**kwargs: Any) -> list[CheckMessage]:
    """Whoever signs up unasked proves their address by a mail, so there has to be mail."""
    if settings.SIGNUP_EMAIL_DOMAINS and not settings.MAIL_IS_SET_UP:
        return [Error("SIGNUP_EMAIL_DOMAINS is set, but EMAIL_URL is not: nobody could sign up.", id="accounts.E003")]
    return []


def is_a_secret_of_django(secret: bytes) -> bool:
    forms = (secret, base64.b64encode(secret), base64.urlsafe_b64encode(secret), secret.hex().encode())
    return any(force_bytes(text) in forms for text in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
