"""Whatever is done to the audit log behind its back is found."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, AuditHead, User
from accounts.models.audit_entry import BEGINNING, digest_of
from accounts.services.audit import Action, record
from accounts.services.audit_chain import BrokenChain, Link, parts_of, rows, verify_chain

pytestmark = pytest.mark.django_db
ENTRIES = 6
ADDRESS = "198.51.100.7"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
CHANGES = st.dictionaries(TEXTS, TEXTS | st.integers(), max_size=2).map(json.dumps)
# Each field, and what it could be made to say.
FIELDS = {
    "number": st.integers(0, 2**62),
    "at": st.datetimes().map(str),
    "action": st.sampled_from(Action.values),
    "actor_id": st.none() | st.integers(1, 2**62),
    "subject_id": st.none() | st.integers(1, 2**62),
    "thing": TEXTS,
    "address": st.sampled_from([None, f"{ADDRESS}/24"]) | st.ip_addresses().map(str),
    "before": CHANGES,
    "after": CHANGES,
    "previous": st.text("0123456789abcdef", min_size=64, max_size=64) | st.just(""),
    "digest": st.text("0123456789abcdef", min_size=64, max_size=64) | st.just(""),
}


@pytest.fixture
def entries(alice: User, bob: User) -> None:
    """A chain in a table that lets itself be changed."""
    for number in range(ENTRIES):
        values: dict[str, Any] = {"before": {"turn": number}, "after": {"turn": number + 1}, "address": ADDRESS}
        AuditEntry(action=Action.ROLE_CHANGED, actor=alice, subject=bob, **values).save(force_insert=True)
    execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER USER")
    execute("ALTER TABLE accounts_audithead DISABLE TRIGGER USER")


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def snapshot() -> list[Mapping[str, Any]]:
    return list(rows())


def raw_row(number: int) -> Mapping[str, Any]:
    return AuditEntry.objects.filter(pk=number).values().get()


def found_after(tamper: Callable[[], None]) -> tuple[bool, bool]:
    """Whether this changed anything, and whether it was found. It is undone afterwards."""
    before, found = snapshot(), False
    with transaction.atomic():
        tamper()
        changed = snapshot() != before
        try:
            verify_chain()
        except BrokenChain:
            found = True
        transaction.set_rollback(True)
    return changed, found


once_for_all = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
numbers = st.integers(1, ENTRIES)


@once_for_all
@given(data=st.data(), number=numbers, field=st.sampled_from(sorted(FIELDS)))
def test_a_changed_field_of_any_entry_is_found(entries: None, data: st.DataObject, number: int, field: str) -> None:
    value: Any = data.draw(FIELDS[field])
    if field == "number" and 1 <= value <= ENTRIES:
        return
    changed, found = found_after(
        lambda: execute(f"UPDATE accounts_auditentry SET {field} = %s WHERE number = %s", value, number)
    )
    assert found == changed


@once_for_all
@given(number=numbers, action=st.sampled_from(Action.values))
def test_a_changed_entry_with_a_digest_that_fits_is_found(entries: None, number: int, action: str) -> None:
    def forge() -> None:
        execute("UPDATE accounts_auditentry SET action = %s WHERE number = %s", action, number)
        chain_to_the_one_before(number)

    forged = action != Action.ROLE_CHANGED
    assert found_after(forge) == (forged, forged)


@once_for_all
@given(removed=st.sets(numbers, min_size=1))
def test_a_removal_is_found_also_of_the_last_and_of_all(entries: None, removed: set[int]) -> None:
    assert found_after(lambda: execute("DELETE FROM accounts_auditentry WHERE number = ANY(%s)", list(removed))) == (
        True,
        True,
    )


@once_for_all
@given(order=st.permutations(range(1, ENTRIES + 1)))
def test_another_order_is_found(entries: None, order: list[int]) -> None:
    def reorder() -> None:
        execute("UPDATE accounts_auditentry SET number = -number")
        for place, number in enumerate(order, 1):
            execute("UPDATE accounts_auditentry SET number = %s WHERE number = %s", place, -number)

    moved = order != sorted(order)
    assert found_after(reorder) == (moved, moved)


@once_for_all
@given(copied=numbers, place=st.integers(0, ENTRIES + 3), with_digest=st.booleans())
def test_an_insertion_is_found_also_with_a_digest_of_its_own(
    entries: None, copied: int, place: int, with_digest: bool
) -> None:
    def insert() -> None:
        for number in range(ENTRIES, place - 1, -1):
            execute("UPDATE accounts_auditentry SET number = number + 1 WHERE number = %s", number)
        AuditEntry.objects.bulk_create([AuditEntry(**{**raw_copy(copied, place), "number": place})])
        if with_digest:
            chain_to_the_one_before(place)

    assert found_after(insert) == (True, True)


def raw_copy(copied: int, place: int) -> Mapping[str, Any]:
    return raw_row(copied + 1 if copied >= place else copied)


def chain_to_the_one_before(number: int) -> None:
    former = AuditEntry.objects.filter(pk=number - 1).values_list("digest", flat=True).first() or BEGINNING
    execute("UPDATE accounts_auditentry SET previous = %s WHERE number = %s", former, number)
    (row,) = [row for row in snapshot() if row["number"] == number]
    execute("UPDATE accounts_auditentry SET digest = %s WHERE number = %s", digest_of(*parts_of(row)), number)


@pytest.mark.parametrize("change", ["number = 5", "number = 7", "digest = 'f'"])
def test_a_head_that_says_something_else_is_found(entries: None, change: str) -> None:
    execute(f"UPDATE accounts_audithead SET {change}")
    with pytest.raises(BrokenChain):
        verify_chain()
    execute("DELETE FROM accounts_audithead")
    with pytest.raises(BrokenChain, match="where the chain ends is gone"):
        verify_chain()


def test_a_whole_chain_written_anew_contradicts_what_was_noted(entries: None) -> None:
    noted = [Link(entry.number, entry.digest) for entry in AuditEntry.objects.all()]
    execute("UPDATE accounts_auditentry SET action = 'sign_out' WHERE number = 3")
    for number in range(3, ENTRIES + 1):
        chain_to_the_one_before(number)
    execute("UPDATE accounts_audithead SET digest = (SELECT digest FROM accounts_auditentry WHERE number = 6)")
    assert verify_chain(noted[-2:]).number == ENTRIES
    with pytest.raises(BrokenChain, match="another one than was noted"):
        verify_chain(noted)
    with pytest.raises(BrokenChain, match="missing"):
        verify_chain([Link(ENTRIES + 1, "0" * 64)])


@once_for_all
@given(
    content=st.dictionaries(st.text(max_size=2), st.text() | st.none() | st.integers()),
    thing=TEXTS,
    address=st.none() | st.ip_addresses().map(str),
)
def test_whatever_is_written_holds(alice: User, content: dict[str, object], thing: str, address: str | None) -> None:
    """The database's digest and Python's are the same one."""
    entry = record(Action.SETTING_CHANGED, subject=alice, after=content)
    AuditEntry(action=Action.SIGNED_IN, thing=thing, address=address, before=entry.after).save(force_insert=True)
    assert verify_chain([Link(entry.number, entry.digest)]).number == entry.number + 1


# --- manage.py audit verify ---------------------------------------------------
def test_the_command_says_where_the_chain_ends(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "verify")
    assert f"whole: 0 entries. Note the end of it elsewhere:\n0:{BEGINNING}\n" in capsys.readouterr().out
    entry = record(Action.SIGNED_OUT)
    call_command("audit", "verify", "--noted", f"1:{entry.digest}")
    assert f"whole: 1 entries. Note the end of it elsewhere:\n1:{entry.digest}\n" in capsys.readouterr().out


def test_the_command_names_the_first_broken_entry(entries: None) -> None:
    execute("UPDATE accounts_auditentry SET address = '192.0.2.1' WHERE number IN (3, 5)")
    with pytest.raises(CommandError, match=r"broken at entry 3\. It is not what was written") as raised:
        call_command("audit", "verify")
    assert raised.value.returncode == 1


def test_the_command_names_the_first_entry_that_is_missing(entries: None) -> None:
    execute("DELETE FROM accounts_auditentry WHERE number IN (2, 3, 5)")
    with pytest.raises(CommandError, match=r"broken at entry 2\. It is missing: entry 4 follows"):
        call_command("audit", "verify")


@pytest.mark.parametrize("noted", ["", "1", "1:ff", "x:" + "0" * 64])
def test_the_command_refuses_a_note_that_is_none(noted: str) -> None:
    with pytest.raises(CommandError, match="NUMBER:DIGEST"):
        call_command("audit", "verify", "--noted", noted)


def test_the_chain_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch, entries: None) -> None:
    monkeypatch.setattr("accounts.services.audit_chain.ROWS_AT_ONCE", 2)
    read: Iterator[object] = rows()
    next(read)
    assert AuditHead.objects.count() == 1
    assert len(list(read)) == ENTRIES - 1
