"""Queries that are put together once."""

from accounts.models import User
from accounts.prepared import Prepared, argument

BY_ID = Prepared(lambda: User.objects.filter(pk=argument("id")))
NAMES = Prepared(
    lambda: User.objects.filter(role=argument("role"), is_active=True).order_by("name").values_list("name")
)


def test_each_asking_has_its_own_answer(alice, bob):
    assert BY_ID.objects(id=alice.pk) == [alice]
    assert BY_ID.objects(id=bob.pk) == [bob]
    assert BY_ID.objects(id=None) == []


def test_a_row_is_as_the_orm_reads_it(alice):
    (found,) = BY_ID.objects(id=alice.pk)
    read = User.objects.get(pk=alice.pk)
    assert vars(found) | {"_state": None} == vars(read) | {"_state": None}
    assert not found._state.adding


def test_rows_come_with_what_is_not_an_argument_in_its_place(alice, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert NAMES.rows(role="member") == [(alice.name,)]
