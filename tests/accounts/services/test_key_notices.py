"""Whoever can do something about a key that runs out, has run out or is refused hears of it, once a day each."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.models import ApiKey, KeyNotice, User, Webhook, WebhookDelivery
from accounts.models.key_notice import Kind
from accounts.services.api_keys import note_balance, note_exhausted, note_refused, note_spend_limited
from accounts.services.key_notices import dismiss, forget_old_notices, note_troubles, tell_of_keys
from tests.factories import PASSWORD, ApiKeyFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
State = ApiKey.State


def low_key(owner: User | None, **fields: object) -> ApiKey:
    now = timezone.now()
    return ApiKeyFactory.create(owner=owner, **{"balance": Decimal("0.5"), "balance_known_at": now, **fields})


def administrator(name: str = "root") -> User:
    return User.objects.create_superuser(f"{name}@example.com", PASSWORD, name=name)


def letters() -> list[tuple[str, str]]:
    return [(address, str(one.subject)) for one in mail.outbox for address in one.to]


def noted() -> set[tuple[str, str]]:
    return set(KeyNotice.objects.values_list("person__name", "kind"))


def test_a_low_key_is_told_once_in_a_day_of_the_calendar(alice: User, settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    # Two minutes before midnight in Berlin, and two after it; in UTC the same day, as is the evening after.
    moments = [("2026-11-21T22:58:00Z", 1), ("2026-11-21T23:02:00Z", 2), ("2026-11-22T22:58:00Z", 2)]
    with time_machine.travel(moments[0][0], tick=False) as clock:
        low_key(alice, label="Mine")
        for moment, mails in moments:
            clock.move_to(moment)
            tell_of_keys()
            tell_of_keys()
            assert len(mail.outbox) == mails, moment
    assert letters()[0] == ("alice@example.com", "Few credits left on “Mine”")
    assert "“Mine” has 0.5 credits left, which is below 1.00." in mail.outbox[0].body


def test_each_trouble_is_told_in_its_own_words(alice: User) -> None:
    exhausted, refused, limited = ApiKeyFactory.create_batch(3, owner=alice)
    note_exhausted(key_id=exhausted.pk, detail="Not enough credits")
    note_refused(key_id=refused.pk, detail="Invalid API key")
    note_spend_limited(key_id=limited.pk, detail="Team spend limit reached")
    tell_of_keys()
    assert dict(KeyNotice.objects.values_list("key", "kind")) == {
        exhausted.pk: Kind.EXHAUSTED,
        refused.pk: Kind.REFUSED,
        limited.pk: Kind.SPEND_LIMIT,
    }
    texts = "\n".join(f"{one.subject} {one.body}" for one in mail.outbox)
    for words in (
        f"No credits left on “{exhausted}”",
        f"“{exhausted}” has no credits left.",
        f"Segmind refuses “{refused}”",
        f"Segmind refuses the key “{refused}”.",
        f"Spend limit reached on “{limited}”",
        "until the limit's period is over",
    ):
        assert words in texts


def test_nothing_is_told_of_keys_that_are_well_or_nobodys_worry(alice: User) -> None:
    ApiKeyFactory.create(owner=alice)
    low_key(alice, warn_below=None)
    low_key(alice, warn_below=Decimal("0.5"))
    low_key(None, is_paused=True)
    long_ago = timezone.now() - timedelta(days=8)
    low_key(alice, created_at=long_ago, last_used_at=long_ago)
    well = low_key(alice)
    note_balance(key_id=well.pk, credits=Decimal(20))
    User.objects.filter(pk=administrator().pk).update(is_active=False)
    low_key(None)
    tell_of_keys()
    assert noted() == set()
    assert letters() == []


def test_of_a_key_without_credits_only_the_worse_is_told(alice: User) -> None:
    low_key(alice, balance=0, state=State.EXHAUSTED)
    low_key(alice, state=State.REFUSED)
    tell_of_keys()
    assert noted() == {("Alice", Kind.EXHAUSTED), ("Alice", Kind.REFUSED)}


def test_administrators_hear_of_the_teams_keys_and_of_nobody_elses(alice: User, bob: User) -> None:
    administrator("root"), administrator("second")
    User.objects.filter(pk=bob.pk).update(role=User.Role.AUDITOR)
    team = low_key(None)
    team.granted_people.add(alice, bob)
    low_key(bob)
    tell_of_keys()
    assert noted() == {(name, Kind.LOW_BALANCE) for name in ("root", "second", "Bob")}
    [of_the_team, *_rest] = [one for one in mail.outbox if one.to != ["bob@example.com"]]
    assert "a key of your team" in of_the_team.body
    assert all(len(one.to) == 1 for one in mail.outbox)  # nobody learns the others' addresses


def test_a_spend_limit_before_midnight_is_not_told_twice_after_it(alice: User) -> None:
    with time_machine.travel("2026-11-21T23:59:30Z", tick=False) as clock:
        note_spend_limited(key_id=ApiKeyFactory.create(owner=alice).pk, detail="limit")
        for moment in ("2026-11-21T23:59:45Z", "2026-11-22T00:00:05Z", "2026-11-22T09:00:00Z"):
            clock.move_to(moment)
            tell_of_keys()
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_tell_everybody_once(alice: User) -> None:
    root = administrator()
    Webhook.objects.create(name="Chat", address="https://chat.example", ciphertext=b"", kinds=Kind.values)
    low_key(alice), low_key(None)
    outcomes = race(*[tell_of_keys] * 6)
    assert outcomes == [None] * 6
    assert noted() == {("Alice", Kind.LOW_BALANCE), ("root", Kind.LOW_BALANCE)}
    assert sorted(address for address, _ in letters()) == [alice.email, root.email]
    assert WebhookDelivery.objects.count() == 1


def test_a_mail_that_could_not_leave_is_tried_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> int:
        raise ConnectionRefusedError

    low_key(alice)
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", fail)
        tell_of_keys()
    tell_of_keys()
    tell_of_keys()
    assert len(mail.outbox) == 1


def test_the_number_of_queries_does_not_grow_with_the_keys(alice: User, django_assert_max_num_queries) -> None:
    for number in range(2):
        administrator(f"root{number}")
    for _ in range(6):
        low_key(alice)
    with django_assert_max_num_queries(10):
        note_troubles()
    assert KeyNotice.objects.count() == 6


# --- In the page --------------------------------------------------------------
def shown(person: User) -> list[str]:
    return [notice.kind for notice in KeyNotice.objects.shown_to(person)]


def test_what_is_over_or_put_away_is_not_shown(alice: User, bob: User) -> None:
    key = low_key(alice)
    tell_of_keys()
    assert (shown(alice), shown(bob)) == ([Kind.LOW_BALANCE], [])
    notice = KeyNotice.objects.get()
    dismiss(person=bob, notice_id=notice.pk)
    assert shown(alice)
    note_balance(key_id=key.pk, credits=Decimal(20))
    assert shown(alice) == []
    note_balance(key_id=key.pk, credits=Decimal("0.5"))
    assert shown(alice)
    dismiss(person=alice, notice_id=notice.pk)
    assert shown(alice) == []
    tell_of_keys()
    assert shown(alice) == []
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        tell_of_keys()
        assert shown(alice) == [Kind.LOW_BALANCE]


def test_who_is_no_administrator_any_more_sees_nothing_of_the_teams_keys() -> None:
    root = administrator()
    low_key(None)
    tell_of_keys()
    assert shown(root) == [Kind.LOW_BALANCE]
    root.role = User.Role.MEMBER
    assert shown(root) == []


def test_old_notices_go(alice: User) -> None:
    low_key(alice)
    tell_of_keys()
    for days, left in [(30, 1), (31, 0)]:
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            forget_old_notices()
        assert KeyNotice.objects.count() == left


def test_the_day_is_the_sites_whatever_zone_a_person_has_chosen(alice: User) -> None:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        low_key(alice)
        with timezone.override("Pacific/Kiritimati"):  # where it is tomorrow
            tell_of_keys()
        assert shown(alice) == [Kind.LOW_BALANCE]
        tell_of_keys()
    assert len(mail.outbox) == 1
