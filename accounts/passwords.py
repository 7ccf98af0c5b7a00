"""What a password must not be, beside Django's own rules: too long, or what anybody would try first here."""

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

CONTEXT_WORDS = ("parley", "segmind", "password", "passwort")
# A password has to bring this many characters of its own.
OWN_CHARACTERS = 8
SHORTEST_WORD = 3


class MaximumLengthValidator:
    """Any characters, up to so many: more would only cost time."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return ngettext(
            "Your password can have %(count)d character at most.",
            "Your password can have %(count)d characters at most.",
            self.max_length,
        ) % {"count": self.max_length}


class PlainPasswordValidator:
    """Little but the names of this site and this person, a common password with a tail, or a few characters again."""

    def validate(self, password: str, user: Any = None) -> None:
        text = "".join(filter(str.isalnum, password.lower()))
        rest = re.sub("|".join(map(re.escape, words_around(user))), "", text)
        if is_common(text) or len(rest) < OWN_CHARACTERS or len(set(rest)) < OWN_CHARACTERS // 2 or repeats(text):
            raise ValidationError(
                _("This password would be guessed soon: it is made of a few well-known words or repeats itself."),
                code="password_too_plain",
            )

    def get_help_text(self) -> str:
        return _(
            "Your password can’t be a few well-known words, such as names of this site or your own, or a repetition."
        )


def words_around(user: Any) -> list[str]:
    """The longest first, in lower case: the names of the site, and the parts of the person's name and address."""
    own = re.findall(r"\w+", f"{getattr(user, 'name', '')} {getattr(user, 'email', '')}".lower())
    return sorted({*CONTEXT_WORDS, *(word for word in own if len(word) >= SHORTEST_WORD)}, key=len, reverse=True)


def is_common(text: str) -> bool:
    """Whether it is on Django's list without the digits at its end."""
    return text.rstrip("0123456789") in CommonPasswordValidator().passwords


def repeats(text: str) -> bool:
    """Whether it is one short piece again and again."""
    unit = (text + text).find(text, 1)
    return 0 < unit < min(OWN_CHARACTERS, len(text))
