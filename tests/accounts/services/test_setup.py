from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import User
from accounts.services.setup import AlreadySetUp, create_first_administrator, is_set_up


def create(email: str) -> User:
    return create_first_administrator(name="Ada", email=email, password="correct horse battery staple")


@pytest.mark.django_db
def test_the_first_person_becomes_administrator_and_the_second_is_told() -> None:
    assert not is_set_up()
    administrator = create("ada@example.com")
    assert is_set_up()
    assert administrator.role == User.Role.ADMINISTRATOR
    with pytest.raises(AlreadySetUp):
        create("bob@example.com")
    assert list(User.objects.all()) == [administrator]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins() -> None:
    contenders = 4
    start = Barrier(contenders)

    def contend(number: int) -> str:
        try:
            connection.ensure_connection()
            start.wait(timeout=10)
            return create(f"person{number}@example.com").email
        except AlreadySetUp:
            return "told"
        finally:
            connection.close()

    results = in_threads(contend, contenders)
    assert results.count("told") == contenders - 1
    assert User.objects.get().email in results


def in_threads(work: Callable[[int], str], count: int) -> list[str]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))
