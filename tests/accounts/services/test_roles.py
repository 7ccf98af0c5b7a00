"""Who may do what, who is kept out, and that somebody always administers."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import people
from accounts.services.departures import leave
from accounts.services.people import LastAdministrator, change_role, disable_person, enable_person, end_sessions
from tests.factories import PersonFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
ADMINISTRATOR, AUDITOR, MEMBER = User.Role.ADMINISTRATOR, User.Role.AUDITOR, User.Role.MEMBER


@pytest.fixture
def ada(db: None) -> User:
    return PersonFactory.create(name="Ada", role=ADMINISTRATOR)


@pytest.fixture
def grace(db: None) -> User:
    return PersonFactory.create(name="Grace", role=ADMINISTRATOR)


WAYS_TO_GO: dict[str, Callable[..., None]] = {
    "demoted": partial(change_role, role=MEMBER),
    "made auditor": partial(change_role, role=AUDITOR),
    "disabled": disable_person,
    "leaving": leave,
}


@pytest.mark.parametrize("way", WAYS_TO_GO)
def test_the_last_administrator_stays(ada: User, alice: User, way: str) -> None:
    with pytest.raises(LastAdministrator):
        WAYS_TO_GO[way](person=ada)
    ada.refresh_from_db()
    assert list(User.objects.administrators()) == [ada]


@pytest.mark.parametrize("way", WAYS_TO_GO)
def test_one_of_two_administrators_may_go(ada: User, grace: User, way: str) -> None:
    WAYS_TO_GO[way](person=ada)
    assert list(User.objects.administrators()) == [grace]


@pytest.mark.parametrize("gone", [{"is_active": False}, {"deletion_due_at": timezone.now() + timedelta(days=3)}])
def test_one_who_is_disabled_or_leaving_does_not_count(ada: User, grace: User, gone: dict[str, object]) -> None:
    User.objects.filter(pk=grace.pk).update(**gone)
    with pytest.raises(LastAdministrator):
        change_role(person=ada, role=MEMBER)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS_TO_GO)
def test_two_who_send_each_other_away_at_once_do_not_both_succeed(ada: User, grace: User, way: str) -> None:
    outcomes = race(partial(WAYS_TO_GO[way], person=ada), partial(change_role, person=grace, role=MEMBER))
    assert [type(outcome) for outcome in outcomes].count(LastAdministrator) == 1
    assert User.objects.administrators().count() == 1


def test_what_the_roles_allow_in_the_admin_panel(ada: User, alice: User) -> None:
    auditor = PersonFactory.create(role=AUDITOR)
    flags = [(person.is_staff, person.is_superuser) for person in (ada, auditor, alice)]
    assert flags == [(True, True), (True, False), (False, False)]
    asked = ["accounts.view_auditentry", "chat.view_reply", "accounts.view_user", "accounts.change_auditentry"]
    assert [ada.has_perm(perm) for perm in asked] == [True] * 4
    assert [auditor.has_perm(perm) for perm in asked] == [True, True, False, False]
    assert [alice.has_perm(perm) for perm in asked] == [False] * 4
    apps = ["accounts", "chat", "sessions"]
    assert [auditor.has_module_perms(app) for app in apps] == [True, True, False]
    assert [ada.has_module_perms(app) for app in apps] == [True] * 3
    assert not alice.has_module_perms("accounts")
    assert ada.has_perms(asked)
    assert not auditor.has_perms(asked)


def test_a_disabled_administrator_may_do_nothing(ada: User, grace: User) -> None:
    disable_person(person=ada)
    assert not ada.has_perm("accounts.view_user")
    assert not ada.has_module_perms("accounts")


def test_who_is_disabled_is_signed_out_at_once_and_everywhere(alice: User, bob: User) -> None:
    phone, laptop, other = Client(), Client(), Client()
    phone.force_login(alice)
    laptop.force_login(alice)
    other.force_login(bob)
    disable_person(person=alice)
    assert [device.get("/settings/").status_code for device in (phone, laptop, other)] == [302, 302, 200]
    assert Session.objects.count() == 1
    enable_person(person=alice)
    assert phone.get("/settings/").status_code == 302
    phone.force_login(alice)
    assert phone.get("/settings/").status_code == 200


def test_ending_sessions_can_spare_the_one_in_use(alice: User) -> None:
    phone, laptop = Client(), Client()
    phone.force_login(alice)
    laptop.force_login(alice)
    end_sessions(person=alice, except_for=laptop.session.session_key)
    assert phone.get("/settings/").wsgi_request.user == AnonymousUser()
    assert laptop.get("/settings/").wsgi_request.user == alice


def test_disabling_is_all_or_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(people, "end_sessions", fail)
    with pytest.raises(RuntimeError):
        disable_person(person=alice)
    alice.refresh_from_db()
    assert alice.is_active
