import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_address_is_kept_in_lower_case_and_found_in_any() -> None:
    person = User.objects.create_user(" Ada@Example.COM ", "a long pass phrase", name="Ada")
    assert person.email == "ada@example.com"
    assert User.objects.get_by_natural_key("ADA@example.com") == person


def test_one_address_in_two_cases_is_one_account_even_for_the_database() -> None:
    User.objects.create_user("ada@example.com", name="Ada")
    with pytest.raises(IntegrityError, match="user_email_once_in_any_case"), transaction.atomic():
        User.objects.bulk_create([User(email="ADA@example.com", name="Another")])
    with pytest.raises(ValidationError, match="There is an account with this email address already"):
        User(email="Ada@Example.com", name="Another", password="x").full_clean()


def test_a_superuser_may_open_the_admin() -> None:
    person = User.objects.create_superuser("root@example.com", "a long pass phrase", name="Root")
    assert (person.is_staff, person.is_superuser, person.is_active) == (True, True, True)
    assert person.check_password("a long pass phrase")


def test_a_plain_person_may_not() -> None:
    person = User.objects.create_user("ada@example.com", name="Ada")
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert not person.has_usable_password()


def test_names_for_people_to_read() -> None:
    person = User(email="ada@example.com", name="Ada Lovelace")
    assert (str(person), person.get_full_name(), person.get_short_name()) == ("Ada Lovelace", "Ada Lovelace", "Ada")
    assert str(User(email="ada@example.com")) == "ada@example.com"
