import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import access, audit_admin
from accounts.models import AuditEntry, Invitation, User
from accounts.services.audit import Action, record
from tests.factories import PASSWORD, ApiKeyFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
LOG = "/admin/accounts/auditentry/"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, name="Root")


@pytest.fixture
def reader(root: User, client: Client) -> Client:
    """The browser of an administrator whose own coming in is not in the log."""
    sign_in(client, root)
    return client


@pytest.fixture
def some_entries(alice: User, bob: User) -> None:
    record(Action.ROLE_CHANGED, actor=alice, subject=bob, before={"role": "member"}, after={"role": "auditor"})
    record(Action.SIGN_IN_FAILED, subject=alice)
    record(Action.SIGN_IN_FAILED, after={"typed": "unknown-1"})


def numbers(client: Client, query: str) -> list[int]:
    """What the list shows under this query, without the reader's own sign-in."""
    answer = client.get(f"{LOG}{query}")
    assert answer.status_code == 200, query
    return [entry.number for entry in answer.context["cl"].result_list if entry.action != "sign_in"]


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(f"{LOG}export/{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == "attachment; filename=audit.csv"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


# --- Who may ------------------------------------------------------------------
def person_who_is(role: str, alice: User, root: User) -> User | None:
    if role == "nobody":
        return None
    flags: dict[str, dict[str, Any]] = {"staff": {"role": "auditor"}, "disabled administrator": {"is_active": False}}
    person = root if "administrator" in role else alice
    User.objects.filter(pk=person.pk).update(**flags.get(role, {}))
    person.refresh_from_db()
    return person


ADDRESSES = ["", "1/change/", "1/history/", "export/", "add/", "1/delete/"]
# GET of each of these addresses, then POST.
SIGN_IN = [302] * 6
MATRIX = {
    "nobody": (SIGN_IN, SIGN_IN),
    "disabled administrator": (SIGN_IN, SIGN_IN),
    "member": (SIGN_IN, SIGN_IN),
    "staff": ([200, 200, 200, 405, 403, 403], [200, 403, 200, 200, 403, 403]),
    "administrator": ([200, 200, 200, 405, 403, 403], [200, 403, 200, 200, 403, 403]),
}


@pytest.mark.parametrize("role", MATRIX)
def test_who_may_do_what(client: Client, alice: User, root: User, some_entries: None, role: str) -> None:
    person = person_who_is(role, alice, root)
    if person:
        client.force_login(person)
    methods = (client.get, client.post)
    seen = tuple([method(f"{LOG}{address}").status_code for address in ADDRESSES] for method in methods)
    assert seen == MATRIX[role]
    shows = "Entries of the audit log" in client.get("/admin/", follow=True).content.decode()
    assert shows == (role in ("staff", "administrator"))


@pytest.mark.parametrize(("flags", "may"), [({}, False), ({"role": "auditor"}, True)])
def test_staff_may_read_while_they_are_active(alice: User, flags: dict[str, bool], may: bool) -> None:
    User.objects.filter(pk=alice.pk).update(**flags)
    alice.refresh_from_db()
    assert access.may_read_audit(alice) == may
    alice.is_active = False
    assert not access.may_read_audit(alice)
    assert not access.may_read_audit(AnonymousUser())


def test_whoever_may_enter_the_admin_but_not_read_the_log_gets_nowhere(
    reader: Client, some_entries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "may_read_audit", lambda user: False)
    answers = [reader.get(LOG), reader.get(f"{LOG}1/change/"), reader.post(f"{LOG}export/")]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert "audit log" not in reader.get("/admin/").content.decode()


# --- Reading ------------------------------------------------------------------
def test_the_list_shows_who_what_whom_and_what_changed(reader: Client, some_entries: None) -> None:
    page = reader.get(LOG).content.decode()
    for text in [">Alice</a>", ">Bob</a>", "role changed", "role: member → auditor", "typed: unknown-1"]:
        assert text in page
    detail = reader.get(f"{LOG}1/change/").content.decode()
    assert AuditEntry.objects.get(number=1).digest in detail
    assert "Save" not in detail


def test_the_list_is_filtered(reader: Client, some_entries: None, alice: User, bob: User) -> None:
    first = AuditEntry.objects.order_by("number").filter(action="role.changed").get().number
    assert numbers(reader, "") == [first + 2, first + 1, first]
    assert numbers(reader, "?action__exact=sign_in.failed") == [first + 2, first + 1]
    assert numbers(reader, f"?actor={alice.pk}") == [first]
    assert numbers(reader, f"?subject={alice.pk}") == [first + 1]
    assert numbers(reader, f"?actor=nobody&subject={bob.pk}") == []
    assert numbers(reader, "?actor=nobody&subject=nobody") == [first + 2]
    assert numbers(reader, "?q=Bob") == [first]
    assert numbers(reader, "?at__year=2001") == []
    assert numbers(reader, "?actor=rubbish") == []


def test_a_deleted_person_is_a_number_that_can_still_be_asked_for(
    reader: Client, some_entries: None, alice: User
) -> None:
    number, first = alice.pk, AuditEntry.objects.get(action="role.changed").number
    alice.delete()
    page = reader.get(f"{LOG}?actor={number}").content.decode()
    assert page.count(f">no. {number}</a>") >= 1
    assert "Alice" not in page
    assert numbers(reader, f"?actor={number}") == numbers(reader, f"?actor={number}&q=") == [first]
    record(Action.KEY_REMOVED, actor=User(pk=number), thing=User(pk=7))
    assert numbers(reader, f"?actor={number}&q=user+7") != []
    assert reader.get(f"{LOG}{first}/change/").status_code == 200


def test_the_list_takes_as_many_queries_with_many_rows(reader: Client, alice: User, bob: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            reader.get(LOG)
        return len(captured)

    record(Action.ROLE_CHANGED, actor=alice, subject=bob)
    few = queries()
    for number in range(5):
        person = User.objects.create_user(f"p{number}@example.com", name=f"P{number}")
        record(Action.ROLE_CHANGED, actor=person, subject=alice)
    assert queries() == few


def test_what_somebody_else_wrote_is_shown_as_text(reader: Client, alice: User) -> None:
    hostile = "<script>alert(1)</script>"
    User.objects.filter(pk=alice.pk).update(name=hostile)
    record(Action.KEY_ADDED, actor=alice, after={"label": hostile})
    for page in [reader.get(LOG), reader.get(f"{LOG}{AuditEntry.objects.count()}/change/")]:
        assert hostile not in page.content.decode()
        assert "&lt;script&gt;" in page.content.decode()


# --- Exporting ----------------------------------------------------------------
def test_the_export_is_what_the_filters_leave_and_is_recorded(
    reader: Client, some_entries: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_admin.AuditEntryAdmin, "list_per_page", 1)
    rows = exported(reader, "?action__exact=sign_in.failed&all=")
    assert [(row["action"], row["concerns"], row["concerns name"]) for row in rows] == [
        ("sign_in.failed", "", ""),
        ("sign_in.failed", str(alice.pk), "Alice"),
    ]
    entry = AuditEntry.objects.get(action="audit.exported")
    assert (entry.after, entry.actor_id) == ({"rows": 2, "filters": ["action__exact", "all"]}, reader_id(reader))
    assert rows[1]["digest"] == AuditEntry.objects.get(subject=alice, action="sign_in.failed").digest


def reader_id(client: Client) -> int:
    return int(client.session["_auth_user_id"])


def test_the_button_keeps_the_filters_and_not_the_page(reader: Client, some_entries: None) -> None:
    page = reader.get(f"{LOG}?action__exact=sign_in.failed&q=Alice").content.decode()
    assert f'action="{LOG}export/?action__exact=sign_in.failed&amp;q=Alice"' in page
    assert "Export as CSV" in page


def test_no_cell_of_the_export_is_a_formula(reader: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(name="=HYPERLINK(1)")
    record(Action.KEY_ADDED, actor=alice, after={"label": "=1+1"})
    (row,) = exported(reader, "?action__exact=key.added")
    assert row["by name"] == "'=HYPERLINK(1)"
    assert row["after"].startswith("{")


def test_more_than_fits_into_a_file_is_refused_with_a_sentence(
    reader: Client, some_entries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_admin, "MOST_EXPORTED_ROWS", 1)
    answer: Any = reader.post(f"{LOG}export/?action__exact=sign_in.failed", follow=True)
    assert answer.redirect_chain == [(f"{LOG}?action__exact=sign_in.failed", 302)]
    assert "Those are 2 entries" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="audit.exported").exists()


def test_an_export_with_a_filter_that_is_none_goes_back_to_the_list(reader: Client, some_entries: None) -> None:
    answer = reader.post(f"{LOG}export/?at__gte=rubbish")
    assert (answer.status_code, answer["Location"]) == (302, LOG)


# --- What administrators do elsewhere in the admin ----------------------------
def changes_by(root: User) -> list[tuple[object, ...]]:
    entries = AuditEntry.objects.filter(actor=root).exclude(action="sign_in").order_by("number")
    return list(entries.values_list("action", "subject_id", "before", "after"))


def test_people_who_are_invited_promoted_disabled_and_signed_out(reader: Client, root: User, alice: User) -> None:
    date = timezone.localdate() + timedelta(days=3)
    fields = {"email": "ada@example.com", "role": "auditor", "expires_at_0": f"{date}", "expires_at_1": "12:00"}
    reader.post("/admin/accounts/invitation/add/", fields)
    change = f"/admin/accounts/user/{alice.pk}/change/"
    reader.post(change, {"name": "Alice", "role": "auditor"})
    reader.post(change, {"name": "Alice L.", "role": "auditor"})
    for action in ("disable", "enable", "end_sessions"):
        reader.post("/admin/accounts/user/", {"action": action, "_selected_action": alice.pk})
    for action in ("resend", "revoke"):
        chosen = str(Invitation.objects.get().pk)
        reader.post("/admin/accounts/invitation/", {"action": action, "_selected_action": chosen})
    seen = [(action, subject, before) for action, subject, before, _after in changes_by(root)]
    assert seen == [
        ("invitation.sent", None, {}),
        ("role.changed", alice.pk, {"role": "member"}),
        ("person.changed", alice.pk, {}),
        ("person.disabled", alice.pk, {}),
        ("person.enabled", alice.pk, {}),
        ("session.ended", alice.pk, {}),
        ("invitation.resent", None, {}),
        ("invitation.revoked", None, {}),
    ]
    recorded = str(list(AuditEntry.objects.values()))
    assert "Alice" not in recorded
    assert "ada@example.com" not in recorded
    assert Invitation.objects.get().token_hash not in recorded


def test_keys_that_an_administrator_removes(reader: Client, root: User, alice: User) -> None:
    for label in ("One", "Two"):
        key = ApiKeyFactory.create(owner=alice, label=label)
        if label == "One":
            reader.post(f"/admin/accounts/apikey/{key.pk}/delete/", {"post": "yes"})
    selected = {"action": "delete_selected", "_selected_action": str(key.pk), "post": "yes"}
    reader.post("/admin/accounts/apikey/", selected)
    assert changes_by(root) == [
        ("key.removed", alice.pk, {"label": label, "state": "unchecked"}, {}) for label in ("One", "Two")
    ]
