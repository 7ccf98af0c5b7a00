"""Webhooks in the admin panel: added, changed, tested and removed by administrators alone; the secret is shown once."""

import re
from ipaddress import ip_network

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEntry, User, Webhook, WebhookDelivery
from accounts.models.key_notice import Kind
from accounts.services.webhooks import claim, keep, open_secret, write_test
from tests.accounts.services.test_webhooks import new_webhook
from tests.canary import finds
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
WEBHOOKS = "/admin/accounts/webhook/"
DELIVERIES = "/admin/accounts/webhookdelivery/"
ADDRESS = "https://hooks.example/services/T0/B0/abcdefgh"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture(autouse=True)
def administrator(client: Client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


def fields(**changed: object) -> dict[str, object]:
    return {"name": "Chat", "address": ADDRESS, "kinds": [Kind.REFUSED, Kind.EXHAUSTED], "is_active": "on", **changed}


def test_one_is_added_and_its_secret_shown_once(client: Client) -> None:
    page = client.post(f"{WEBHOOKS}add/", fields()).content.decode()
    webhook = Webhook.objects.get()
    [secret] = set(SECRET.findall(page))
    assert open_secret(webhook).reveal() == secret
    assert (webhook.address, webhook.kinds, webhook.is_active) == (ADDRESS, ["key.refused", "key.exhausted"], True)
    for path in ("", f"{webhook.pk}/change/", f"{webhook.pk}/delete/", f"{webhook.pk}/history/"):
        later = client.get(f"{WEBHOOKS}{path}").content.decode()
        assert "Chat" in later
        assert not finds(later, secret)
    entry = AuditEntry.objects.get(action="webhook.added")
    assert entry.after == {
        "name": "Chat",
        "host": "hooks.example",
        "kinds": ["key.refused", "key.exhausted"],
        "is_active": True,
    }


def test_what_is_wrong_with_the_form_is_said_and_nothing_typed_is_lost(client: Client, settings) -> None:
    for address, sentence in [
        ("hooks.example", "This is no address of the web."),
        ("ftp://hooks.example/", "This is no address of the web."),
        ("https://", "This is no address of the web."),
        ("https://hooks.example:port/", "This is no address of the web."),
        ("https://[::1/", "This is no address of the web."),
        ("https://user:word@hooks.example/", "a name and a password"),
        ("http://hooks.example/", "set WEBHOOK_NETWORKS"),
        ("", "This field is required."),
    ]:
        page = client.post(f"{WEBHOOKS}add/", fields(address=address, name="My chat")).content.decode()
        assert sentence in page, address
        assert 'value="My chat"' in page
        assert not SECRET.search(page)
    assert "This field is required." in client.post(f"{WEBHOOKS}add/", fields(kinds=[])).content.decode()
    assert not Webhook.objects.exists()
    settings.WEBHOOK_NETWORKS = [ip_network("10.0.0.0/8")]
    client.post(f"{WEBHOOKS}add/", fields(address="http://mattermost:8065/hooks/x"))
    assert Webhook.objects.get().host == "mattermost"


def test_it_is_changed_switched_off_and_removed_and_all_of_it_recorded(client: Client) -> None:
    webhook = new_webhook(ADDRESS)
    sealed = bytes(webhook.ciphertext)
    changed = fields(kinds=[Kind.SPEND_LIMIT], address="https://elsewhere.example/")
    del changed["is_active"]
    client.post(f"{WEBHOOKS}{webhook.pk}/change/", changed)
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.kinds, bytes(webhook.ciphertext)) == (False, ["key.spend_limit"], sealed)
    write_test(webhook)
    client.post(f"{WEBHOOKS}{webhook.pk}/delete/", {"post": "yes"})
    assert not Webhook.objects.exists()
    entries = AuditEntry.objects.filter(action__in=["webhook.changed", "webhook.removed"]).order_by("number")
    assert [entry.action for entry in entries] == ["webhook.changed", "webhook.removed"]
    assert entries[0].after == {"host": "elsewhere.example", "kinds": ["key.spend_limit"], "is_active": False}
    assert "abcdefgh" not in str(list(entries.values()))


def test_a_test_is_sent_by_a_job(client: Client) -> None:
    webhook, off = new_webhook(ADDRESS), new_webhook(ADDRESS, name="Old", is_active=False)
    posted = {"action": "send_test", "_selected_action": [webhook.pk, off.pk]}
    page = client.post(WEBHOOKS, posted, follow=True).content.decode()
    assert "A test goes to “Chat”." in page
    assert "“Old” is switched off." in page
    delivery = WebhookDelivery.objects.get()
    assert (delivery.webhook, delivery.kind) == (webhook, "test")
    assert [job.args for job in ProcrastinateJob.objects.filter(task_name="accounts.tasks.deliver_webhook")] == [
        {"delivery_id": str(delivery.pk)}
    ]
    assert AuditEntry.objects.filter(action="webhook.sent").count() == 1


def failed_delivery() -> WebhookDelivery:
    delivery = write_test(new_webhook(ADDRESS))
    attempt = claim(delivery.pk)
    assert attempt
    keep(attempt, attempt.Outcome.ANSWERED, status=500, milliseconds=120)
    return delivery


def test_the_log_says_what_came_of_each_attempt_and_sends_again(client: Client) -> None:
    delivery = failed_delivery()
    assert "answered with an error (500)" in client.get(DELIVERIES).content.decode()
    page = client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    for words in ("answered with an error", "500", "120", "A test from Parley"):
        assert words in page
    assert 'name="_save"' not in page
    client.post(DELIVERIES, {"action": "send_again", "_selected_action": [delivery.pk]})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made) == (WebhookDelivery.State.WAITING, 0)
    assert ProcrastinateJob.objects.filter(task_name="accounts.tasks.deliver_webhook").count() == 1


def test_an_auditor_and_a_member_get_nowhere(alice: User) -> None:
    delivery = failed_delivery()
    for role in (User.Role.AUDITOR, User.Role.MEMBER):
        User.objects.filter(pk=alice.pk).update(role=role)
        client = Client()
        sign_in(client, alice)
        for path in (WEBHOOKS, f"{WEBHOOKS}add/", DELIVERIES, f"{DELIVERIES}{delivery.pk}/change/"):
            assert client.get(path, follow=True).status_code == 403
        for path, action in ((WEBHOOKS, "send_test"), (DELIVERIES, "send_again")):
            posted = {"action": action, "_selected_action": [delivery.pk, delivery.webhook_id]}
            assert client.post(path, posted, follow=True).status_code == 403
    assert WebhookDelivery.objects.count() == 1


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


def test_the_lists_ask_as_often_for_many_as_for_one(client: Client) -> None:
    failed_delivery()
    before = [queries(client, path) for path in (WEBHOOKS, DELIVERIES)]
    for _ in range(3):
        failed_delivery()
    assert [queries(client, path) for path in (WEBHOOKS, DELIVERIES)] == before
