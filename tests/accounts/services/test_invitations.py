"""A link that makes one account, once, for one address."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, connection
from pytest_django import Settings

from accounts.models import AuditEntry, Invitation, User
from accounts.services import invitations
from accounts.services.invitations import AddressTaken, NoLongerOpen, Sent, accept, invite, resend, revoke
from accounts.signals import person_joined
from tests.factories import PASSWORD, PersonFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
SITE = "https://chat.example.com/"


@pytest.fixture
def ada(db: None) -> User:
    return PersonFactory.create(name="Ada", role="administrator")


def invited(ada: User, email: str = "Zoe@Example.com", **fields: Any) -> Sent:
    return invite(email=email, invited_by=ada, site_url=SITE, **{"role": "member", **fields})


def token_of(sent: Sent) -> str:
    return urlsplit(sent.link).path.split("/")[2]


def join(sent: Sent) -> User:
    return accept(token=token_of(sent), name="Zoe", password=PASSWORD)


def test_the_link_makes_an_account_with_the_address_and_the_role(ada: User) -> None:
    sent = invited(ada, role="auditor")
    assert sent.link.startswith("https://chat.example.com/invitations/")
    person = join(sent)
    assert (person.email, person.name, person.role) == ("zoe@example.com", "Zoe", "auditor")
    assert person.check_password(PASSWORD)
    assert person.invitation.state == Invitation.State.ACCEPTED
    with pytest.raises(NoLongerOpen):
        join(sent)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_it_at_once_one_gets_the_account(ada: User) -> None:
    sent = invited(ada)
    outcomes = race(*[partial(join, sent)] * 4)
    assert [type(outcome) for outcome in outcomes].count(NoLongerOpen) == 3
    assert User.objects.filter(email="zoe@example.com").count() == 1


def test_the_secret_has_256_bits_and_is_nowhere_in_the_database(ada: User) -> None:
    token = token_of(invited(ada))
    assert len(token) == 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT invitation::text FROM accounts_invitation invitation")
        assert token not in str(cursor.fetchall())


def test_a_new_link_ends_the_old_one(ada: User) -> None:
    first = invited(ada)
    second = resend(invitation=first.invitation, site_url=SITE)
    with pytest.raises(NoLongerOpen):
        join(first)
    assert join(second).email == "zoe@example.com"


def test_a_new_link_gives_new_time(ada: User) -> None:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as clock:
        sent = invited(ada)
        clock.shift(timedelta(days=7))
        assert sent.invitation.state == Invitation.State.EXPIRED
        with pytest.raises(NoLongerOpen):
            join(sent)
        again = resend(invitation=sent.invitation, site_url=SITE)
        clock.shift(timedelta(days=6))
        assert join(again).name == "Zoe"


def test_a_revoked_link_works_no_more(ada: User) -> None:
    sent = invited(ada)
    revoke(invitation=sent.invitation)
    for attempt in (partial(join, sent), partial(revoke, invitation=sent.invitation)):
        with pytest.raises(NoLongerOpen):
            attempt()
    with pytest.raises(NoLongerOpen):
        resend(invitation=sent.invitation, site_url=SITE)
    assert Invitation.objects.get().state == Invitation.State.REVOKED


def test_inviting_again_replaces_the_first_invitation(ada: User) -> None:
    first, second = invited(ada), invited(ada, "ZOE@example.com")
    with pytest.raises(NoLongerOpen):
        join(first)
    assert join(second).email == "zoe@example.com"


@pytest.mark.django_db(transaction=True)
def test_two_who_invite_the_same_person_at_once_leave_one_link_that_works(ada: User) -> None:
    outcomes = race(*[partial(invited, ada)] * 4)
    assert {type(outcome) for outcome in outcomes} == {Sent}
    assert Invitation.objects.open().count() == 1


def test_who_has_an_account_is_not_invited_and_not_made_twice(ada: User, alice: User) -> None:
    with pytest.raises(AddressTaken):
        invited(ada, "ALICE@example.com")
    sent = invited(ada)
    PersonFactory.create(email="zoe@example.com")
    with pytest.raises(AddressTaken):
        join(sent)
    assert Invitation.objects.get().state == Invitation.State.OPEN


def test_it_is_mailed_where_mail_is_set_up(ada: User, settings: Settings) -> None:
    settings.MAIL_IS_SET_UP = False
    by_hand = invited(ada, "hand@example.com")
    settings.MAIL_IS_SET_UP = True
    by_mail = invited(ada, "mail@example.com")
    assert [message.to for message in mail.outbox] == [["mail@example.com"]]
    assert by_mail.link in mail.outbox[0].body
    assert (by_hand.mailed, by_mail.mailed) == (False, True)


def test_a_mail_that_does_not_leave_leaves_a_link_to_pass_on(
    ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise ConnectionRefusedError

    settings.MAIL_IS_SET_UP = True
    monkeypatch.setattr(invitations, "send_mail", refuse)
    sent = invited(ada)
    assert (sent.mailed, sent.invitation.mailed_at) == (False, None)
    assert join(sent).name == "Zoe"


@pytest.fixture
def joined() -> Iterator[list[tuple[str, Decimal | None]]]:
    heard: list[tuple[str, Decimal | None]] = []

    def hear(invitation: Invitation, person: User, **kwargs: object) -> None:
        assert connection.in_atomic_block
        heard.append((person.email, invitation.budget_limit))

    person_joined.connect(hear)
    yield heard
    person_joined.disconnect(hear)


def test_others_hear_of_it_with_the_budget(ada: User, joined: list[tuple[str, Decimal | None]]) -> None:
    join(invited(ada, budget_limit=Decimal("12.5")))
    assert joined == [("zoe@example.com", Decimal("12.5"))]


def test_if_another_part_fails_nobody_has_joined(ada: User) -> None:
    def fail(**kwargs: object) -> None:
        raise DatabaseError

    person_joined.connect(fail)
    sent = invited(ada)
    try:
        with pytest.raises(DatabaseError):
            join(sent)
    finally:
        person_joined.disconnect(fail)
    assert not User.objects.filter(email="zoe@example.com").exists()
    assert join(sent).name == "Zoe"


def test_who_joined_by_which_invitation_is_recorded_without_an_address_or_a_secret(ada: User) -> None:
    sent = invited(ada, budget_limit=Decimal("12.5"))
    zoe = join(sent)
    entries = AuditEntry.objects.order_by("number")
    assert list(entries.values_list("action", "subject_id")) == [
        ("invitation.sent", None),
        ("budget.set", zoe.pk),
        ("invitation.accepted", zoe.pk),
    ]
    recorded = str(list(entries.values()))
    assert "12.5" in recorded
    for secret in ("zoe", token_of(sent), sent.invitation.token_hash):
        assert secret not in recorded.lower()
