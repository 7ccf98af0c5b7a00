"""Who gets what at which address: all of them against access_matrix.txt, and nobody learns what others have."""

import re
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.services import key_checks
from tests.access_cast import SECRETS, Cast, gather
from tests.access_matrix import ARGUMENT, METHODS, PEOPLE, Row, addresses, outcome, table

# A page has another token against forgery each time.
FORGERY_TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value="|"x-csrftoken": ?")\w{64}', re.IGNORECASE)


@pytest.fixture
def cast(db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    async def nothing_heard(key: Any) -> key_checks.CheckResult:
        return key_checks.CheckResult(key_checks.Outcome.UNREACHABLE)

    monkeypatch.setattr(key_checks, "ask_once", nothing_heard)
    return gather()


def row_of(cast: Cast, address: str, method: str) -> Row:
    outcomes = (outcome(cast.ask(person, method, cast.address_of(address))) for person in PEOPLE)
    return Row(address, method, tuple(outcomes))


def test_everybody_gets_at_every_address_what_the_table_says(cast: Cast) -> None:
    found = [row_of(cast, address, method) for address in addresses() for method in METHODS]
    expected = table()
    wrong = [row for row in found if row not in expected]
    gone = [row for row in expected if row not in found]
    report = ["These are missing in tests/access_matrix.txt. If they are right, paste them:", *map(str, wrong)]
    report += ["", "These stand there, and are not so:", *map(str, gone)]
    assert not wrong and not gone, "\n".join(report)  # noqa: PT018 - one report about both


ROWS = {(row.address, row.method): dict(zip(PEOPLE, row.outcomes, strict=False)) for row in table()}
# An id that nobody has is the one of an empty page, which its first message makes a conversation; a draft and files may
# be first.
MAKES_ONE = {(f"/c/<uuid:conversation_id>/{thing}/", "POST") for thing in ("messages", "draft", "attachments")}
# Those for whom the owner's things are someone else's.
OTHERS = ("member", "auditor", "administrator")


def may_look(person: str, address: str) -> bool:
    """Whether the table lets them see the thing itself; in the admin each has several addresses."""
    page = re.sub(r"(^/admin/.*object_id>).*", r"\1/change/", address)
    return ROWS.get((page, "GET"), {}).get(person) == "ok"


def names_something(address: str) -> bool:
    names = set(ARGUMENT.findall(address))
    return bool(names - {"app_label", "url"}) and not names & SECRETS


def what_is_told(cast: Cast, person: str, method: str, address: str) -> tuple[object, ...]:
    """Status, headers and page, with the ids that the person has sent taken out."""
    response = cast.ask(person, method, address)
    page = FORGERY_TOKEN.sub(r"\1", response.content.decode())
    headers = {name: value for name, value in response.items() if name != "Content-Length"}
    ids = "|".join(re.escape(part) for part in address.split("/") if any(letter.isdigit() for letter in part))
    return response.status_code, *(re.sub(rf"(?<=/)({ids})(?=/)", "ID", text) for text in (str(headers), page))


def test_someone_elses_thing_and_one_that_is_not_there_answer_alike(cast: Cast) -> None:
    asked = [row for row in ROWS if names_something(row[0]) and row not in MAKES_ONE]
    unlike = []
    with time_machine.travel(timezone.now(), tick=False):
        for address, method in asked:
            for person in (one for one in OTHERS if not may_look(one, address)):
                theirs = what_is_told(cast, person, method, cast.address_of(address))
                if theirs != what_is_told(cast, person, method, cast.address_of(address, of_nothing=True)):
                    unlike.append(f"{person} {method} {address}")
    assert len(asked) > 100
    assert not unlike, "\n".join(unlike)


def test_nothing_is_sent_from_another_site(cast: Cast) -> None:
    """Without the token against forgery a POST is refused everywhere, whoever is signed in."""
    let_in = [
        f"{person} {address}"
        for address in addresses()
        for person in PEOPLE
        if cast.ask(person, "POST", cast.address_of(address), checks_forgery=True).status_code != 403
    ]
    assert not let_in


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_refused_everywhere(cast: Cast, method: str) -> None:
    answered = {
        address: response.status_code
        for address in addresses()
        for person in ("nobody", "owner", "administrator")
        if (response := cast.ask(person, method, cast.address_of(address))).status_code != 405
    }
    assert not answered
