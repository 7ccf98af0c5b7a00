"""A key that is unlike any other goes through all that accounts do with keys, and is found nowhere afterwards."""

import logging
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils.log import AdminEmailHandler
from pytest_django import Settings

from accounts import vault
from accounts.models import User
from tests.accounts.conftest import FakeSegmind
from tests.canary import CANARY, dump, finds
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def administrator(client: Client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


@pytest.fixture
def mailed_errors(settings: Settings) -> Iterator[None]:
    """Errors are mailed with everything that Django's reporter shows: locals, POST, settings."""
    settings.ADMINS = ["operator@example.com"]
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


def pages(client: Client, person: User, segmind: FakeSegmind) -> Iterator[str]:
    """Whatever a browser is shown while the key is added, checked, added again, looked at and removed."""

    def post(path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> str:
        answer = client.post(path, fields, headers=headers)
        return f"{answer.headers} {answer.content.decode()}"

    yield post("/settings/keys/", {"label": CANARY, "value": CANARY})
    yield post("/settings/keys/", {"label": "", "value": CANARY}, HTMX)
    segmind.status, segmind.body = 401, {"error": "Invalid API key"}
    yield post("/settings/keys/", {"label": "Mine", "value": CANARY})
    yield post("/settings/keys/", {"label": "Again", "value": CANARY}, HTMX)
    key = person.api_keys.get()
    yield post(f"/settings/keys/{key.pk}/checks/", {}, HTMX)
    yield client.get("/settings/keys/").content.decode()
    for path in ["", f"{key.pk}/change/", f"{key.pk}/delete/", f"{key.pk}/history/"]:
        yield client.get(f"/admin/accounts/apikey/{path}").content.decode()


def test_a_key_is_found_neither_in_pages_nor_logs_nor_in_the_database(
    client: Client, administrator: User, segmind: FakeSegmind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for page in pages(client, administrator, segmind):
        assert finds(page) == set()
    assert segmind.requests[0].headers["x-api-key"] == CANARY
    assert finds(caplog.text + str([record.__dict__ for record in caplog.records])) == set()
    with connection.cursor() as cursor:
        rows = dump(cursor)
    assert "root@example.com" in rows
    assert finds(rows) == set()


def test_a_key_is_not_in_the_report_of_an_error(
    client: Client,
    administrator: User,
    mailed_errors: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError(f"out of order: {CANARY}")

    monkeypatch.setattr(vault, "header_for", fail)
    client.raise_request_exception = False
    assert client.post("/settings/keys/", {"label": "Mine", "value": CANARY}).status_code == 500
    (report,) = mail.outbox
    assert isinstance(report, mail.EmailMultiAlternatives)
    html = str(report.alternatives[0][0])
    text = f"{report.subject} {report.body} {html} {capsys.readouterr().err}"
    assert "out of order: SG_(masked)" in text
    assert "<td>label</td>" in html
    assert finds(text) == set()
