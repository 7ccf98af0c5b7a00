import re

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import ApiKey, User
from accounts.services import people
from accounts.services.api_keys import key_for, open_key
from accounts.services.people import create_person

pytestmark = pytest.mark.django_db


def create(email: str = "ada@example.com") -> User:
    return create_person(name="Ada", email=email, password="correct horse battery staple")


def test_in_sandbox_mode_a_new_account_has_a_key_that_works_there(settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:8010"
    key = key_for(create())
    assert key is not None
    assert key.label == "Sandbox"
    assert re.fullmatch(r"SG_5a[0-9a-f]{14}", open_key(key).reveal())
    other = key_for(create("bob@example.com"))
    assert other is not None
    assert open_key(other) != open_key(key)


def test_elsewhere_it_has_none(settings: Settings) -> None:
    settings.SANDBOX_URL = ""
    assert key_for(create()) is None


def test_allauth_knows_the_address(settings: Settings) -> None:
    person = create("Ada@Example.com")
    assert EmailAddress.objects.values_list("email", "primary", "verified").get(user=person) == (
        "ada@example.com",
        True,
        True,
    )


def test_an_account_comes_whole_or_not_at_all(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(user: User) -> None:
        raise RuntimeError

    monkeypatch.setattr(people, "give_sandbox_key", fail)
    with pytest.raises(RuntimeError):
        create()
    assert not User.objects.exists()
    assert not ApiKey.objects.exists()


def test_an_address_in_use_is_refused() -> None:
    create()
    with pytest.raises(IntegrityError), transaction.atomic():
        create("ADA@example.com")
