"""Proving the audit log: every entry is as it was written, none is missing, none was put in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Cast

from accounts.models import AuditEntry, AuditHead
from accounts.models.audit_entry import BEGINNING, digest_of

ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Link:
    """A place in the chain: an entry's number and digest."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


class BrokenChain(Exception):
    """The chain does not hold from entry `number` on. The text says what is wrong with it."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


def verify_chain(noted: Iterable[Link] = ()) -> Link:
    """The end of the chain, all of which holds, and has each of the `noted` links in it. Raises BrokenChain.

    Reads the table once, in the state that it has now, with memory for a few thousand rows.
    """
    expected = {link.number: link.digest for link in noted}
    last = end = Link(0, BEGINNING)
    # In a transaction the server keeps a plain cursor; and the row that was read before can only be behind.
    with transaction.atomic():
        head = AuditHead.objects.first()
        for row in rows():
            last = next_link(last, row)
            end = Link(row["head_number"], row["head_digest"])
            if expected.pop(last.number, last.digest) != last.digest:
                raise BrokenChain(last.number, "It is another one than was noted.")
    if head is None:
        raise BrokenChain(last.number, "The row that says where the chain ends is gone.")
    check_end(last, end if last.number else Link(head.number, head.digest), expected)
    return last


def rows() -> Iterator[Mapping[str, Any]]:
    """All entries from the first on. The head comes with each: one statement sees both at the same moment."""
    head = AuditHead.objects.all()
    return (
        AuditEntry.objects.order_by("number")
        .values("number", "at", "action", "actor_id", "subject_id", "thing", "address", "previous", "digest")
        .annotate(
            before_text=Cast("before", models.TextField()),
            after_text=Cast("after", models.TextField()),
            head_number=head.values("number")[:1],
            head_digest=head.values("digest")[:1],
        )
        .iterator(chunk_size=ROWS_AT_ONCE)
    )


def next_link(last: Link, row: Mapping[str, Any]) -> Link:
    """The link of this row, which has to be the next one. Raises BrokenChain."""
    number = last.number + 1
    if row["number"] != number:
        raise BrokenChain(number, f"It is missing: entry {row['number']} follows.")
    if row["previous"] != last.digest:
        raise BrokenChain(number, "It is not chained to the entry before it.")
    if row["digest"] != digest_of(*parts_of(row)):
        raise BrokenChain(number, "It is not what was written.")
    return Link(number, row["digest"])


def parts_of(row: Mapping[str, Any]) -> list[str | None]:
    at = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    people = [None if person is None else str(person) for person in (row["actor_id"], row["subject_id"])]
    texts = [row["thing"], row["address"], row["before_text"], row["after_text"], row["previous"]]
    return [str(row["number"]), at, row["action"], *people, *texts]


def check_end(last: Link, end: Link, expected: Mapping[int, str]) -> None:
    if end.number > last.number or expected:
        raise BrokenChain(last.number + 1, "It is missing, and with it the end of the chain.")
    if end != last:
        raise BrokenChain(last.number, "The chain ends elsewhere, by the row that says where.")
