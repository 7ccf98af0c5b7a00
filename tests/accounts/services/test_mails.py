from decimal import Decimal

from django.core import mail
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.mails import mail_people

TEMPLATE = "accounts/mail/key_notice.txt"


def test_each_is_written_to_in_their_own_language(alice: User, bob: User, charlie: User) -> None:
    context = {"key": {"label": "K", "balance": Decimal("1.5"), "warn_below": Decimal(2)}, "kind": "key.low_balance"}
    alice.language, charlie.language = "de", "de"
    mail_people([alice, bob, charlie], subject=lambda: _("Sign in"), template=TEMPLATE, context=context)
    german, english = mail.outbox
    assert (german.to, german.subject) == ([alice.email, charlie.email], "Anmelden")
    assert (english.to, english.subject) == ([bob.email], "Sign in")
    assert "Der Segmind-Schlüssel „K“ hat noch 1,50 Credits" in german.body
    assert "The Segmind key “K” has 1.50 credits left" in english.body


def test_a_subject_has_one_line(alice: User) -> None:
    mail_people(
        [alice], subject=lambda: "Two\nlines", template=TEMPLATE, context={"key": {"balance": None, "warn_below": None}}
    )
    assert mail.outbox[0].subject == "Two lines"
