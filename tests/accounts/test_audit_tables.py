"""What the database itself promises of the audit log, to the role that the site works under."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEntry, AuditHead, User
from accounts.services.audit import Action, record
from accounts.services.audit_chain import verify_chain

ENTRY, HEAD = AuditEntry._meta.db_table, AuditHead._meta.db_table
REFUSED = "the audit log only grows"


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {ENTRY} SET action = 'sign_out'",
        f"UPDATE {ENTRY} SET digest = digest WHERE number = 999",
        f"DELETE FROM {ENTRY}",
        f"TRUNCATE {ENTRY}",
        f"TRUNCATE {ENTRY}, {HEAD}",
        f"UPDATE {HEAD} SET number = 7",
        f"DELETE FROM {HEAD}",
        f"TRUNCATE {HEAD}",
        f"INSERT INTO {HEAD} VALUES (1, 0, '')",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_nothing_is_changed_or_removed_also_with_resting_triggers(alice: User, statement: str, role: str) -> None:
    entry = record(Action.SIGNED_IN, subject=alice)
    execute(f"SET LOCAL session_replication_role = {role}")
    with pytest.raises(DatabaseError, match=REFUSED):
        execute(statement)
    assert list(AuditEntry.objects.values_list("number", "action")) == [(1, "sign_in")]
    assert str(verify_chain()) == f"1:{entry.digest}"


@pytest.mark.django_db
def test_an_entry_that_another_program_adds_is_chained_too(alice: User) -> None:
    record(Action.SIGNED_IN, subject=alice)
    columns = "number, at, action, thing, before, after, previous, digest"
    values = "77, '2000-01-01', 'sign_out', '', '{}', '{}', 'no', 'no'"
    execute(f"INSERT INTO {ENTRY} ({columns}) VALUES ({values})")
    added = AuditEntry.objects.get(action="sign_out")
    assert (added.number, added.previous) == (2, AuditEntry.objects.get(number=1).digest)
    assert added.at.year > 2000
    assert verify_chain().number == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap() -> None:
    record(Action.SIGNED_OUT)
    with transaction.atomic():
        record(Action.SIGNED_IN)
        transaction.set_rollback(True)
    record(Action.SIGNED_OUT)
    assert list(AuditEntry.objects.values_list("number", "action")) == [(2, "sign_out"), (1, "sign_out")]
    assert verify_chain().number == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_make_one_chain() -> None:
    def write(writer: int) -> None:
        try:
            for turn in range(10):
                with transaction.atomic():
                    record(Action.KEY_CHANGED, after={"writer": writer, "turn": turn})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert verify_chain().number == 80
    times = list(AuditEntry.objects.order_by("number").values_list("at", flat=True))
    assert times == sorted(times)


@pytest.fixture
def impatience() -> Iterator[None]:
    """Writers that wait for each other a short time only."""
    execute("ALTER FUNCTION accounts_audit_chain SET lock_timeout = '100ms'")
    yield
    execute("ALTER FUNCTION accounts_audit_chain SET lock_timeout = '5s'")


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_too_long_for_another_writer_hears_of_it(impatience: None) -> None:
    def write() -> None:
        try:
            record(Action.SIGNED_OUT)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        record(Action.SIGNED_IN)
        with pytest.raises(DatabaseError, match="lock timeout"):
            pool.submit(write).result()
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["sign_in"]


@pytest.mark.django_db
def test_an_account_that_is_deleted_leaves_its_number(alice: User, bob: User) -> None:
    number = alice.pk
    record(Action.ROLE_CHANGED, actor=alice, subject=bob)
    record(Action.PERSON_DELETED, actor=bob, subject=alice)
    alice.delete()
    entry = AuditEntry.objects.prefetch_related("actor", "subject").get(number=1)
    assert (entry.actor_id, entry.actor, entry.subject) == (number, None, bob)
    assert verify_chain().number == 2
