"""Mails to people who have an account, each in their own language."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User


def mail_people(people: Iterable[User], *, subject: Callable[[], str], template: str, context: dict[str, Any]) -> None:
    """Send a template's text, in one mail to all of a language; `subject` is asked once for each.

    Raises OSError if the mail server does not take it.
    """
    addresses = defaultdict(list)
    for person in people:
        addresses[person.language or settings.LANGUAGE_CODE].append(person.email)
    for language, of_language in addresses.items():
        with translation.override(language):
            # A subject has one line, whatever somebody has named a thing.
            send_mail(" ".join(subject().split()), render_to_string(template, context), None, of_language)
