"""What webhooks are told, how it is signed, when it is tried again, and when not."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_network

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import tasks
from accounts.models import ApiKey, AuditEntry, User, Webhook, WebhookAttempt, WebhookDelivery
from accounts.models.key_notice import Kind
from accounts.services import outbound, webhooks
from accounts.services.key_notices import tell_of_keys
from accounts.services.webhooks import PAUSES, deliver, due_deliveries, give_secret, open_secret, send_again, write_test
from chat.segmind import KeyValue
from tests.accounts.receiving import Receiver, receiving
from tests.factories import ApiKeyFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
State, Outcome = WebhookDelivery.State, WebhookAttempt.Outcome


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as found:
        yield found


def new_webhook(address: str, **fields: object) -> Webhook:
    webhook = Webhook(**{"name": "Chat", "address": address, "kinds": Kind.values, **fields})
    give_secret(webhook)
    webhook.save()
    return webhook


@pytest.fixture
def webhook(receiver: Receiver) -> Webhook:
    return new_webhook(receiver.address)


def low_key(owner: User | None = None, **fields: object) -> ApiKey:
    known = {"balance": Decimal("0.5"), "balance_known_at": timezone.now()}
    return ApiKeyFactory.create(owner=owner, **{"label": "Team", **known, **fields})


def deliver_due() -> int:
    """How many attempts there are afterwards."""
    for delivery_id in due_deliveries():
        async_to_sync(deliver)(delivery_id)
    return WebhookAttempt.objects.count()


def outcomes() -> list[tuple[str, int | None]]:
    return list(WebhookAttempt.objects.values_list("outcome", "status"))


# --- What is told -------------------------------------------------------------
def test_what_is_wrong_with_a_key_of_the_team_is_told_signed(receiver: Receiver, webhook: Webhook) -> None:
    key = low_key()
    tell_of_keys()
    tell_of_keys()
    assert deliver_due() == 1
    [got] = receiver.received
    told = json.loads(got.body)
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "type": "key.low_balance",
        "data": {"key": {"id": str(key.pk), "label": "Team"}, "balance": "0.5000000000", "warn_below": "1.0000000000"},
        "text": "The Segmind key “Team” has 0.5 credits left, which is below 1.00.",
    }
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts_made, outcomes()) == (State.DELIVERED, 1, [(Outcome.DELIVERED, 204)])
    assert got.headers["webhook-id"] == str(delivery.pk)
    assert got.headers["content-type"] == "application/json"
    assert "cookie" not in got.headers


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """By the text of Standard Webhooks, not by our code."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")


def test_a_receiver_can_check_where_it_comes_from(receiver: Receiver, webhook: Webhook) -> None:
    low_key(label="Größe ✓")
    tell_of_keys()
    deliver_due()
    [got] = receiver.received
    secret = open_secret(webhook).reveal()
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert verify(secret, got.headers, got.body)
    assert abs(int(got.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert not verify(secret, got.headers, got.body + b" ")
    assert not verify(secret, {**got.headers, "webhook-timestamp": "1"}, got.body)
    assert not verify(open_secret(new_webhook("https://other.example")).reveal(), got.headers, got.body)


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    """The example with which Standard Webhooks shows its libraries."""
    made = webhooks.signature(
        KeyValue("whsec_plJ3nmyCDGBKInavdOK15jsl"),
        delivery_id="msg_loFOjxBNrRLzqYUf",
        timestamp=1731705121,
        body='{"event_type":"ping","data":{"success":true}}',
    )
    assert made == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_only_what_it_wants_to_hear_is_told_and_nothing_of_peoples_own_keys(alice: User, webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(kinds=[Kind.REFUSED])
    off = new_webhook("https://off.example", is_active=False)
    low_key()
    low_key(alice, state=ApiKey.State.REFUSED)
    refused = low_key(state=ApiKey.State.REFUSED)
    tell_of_keys()
    [told] = WebhookDelivery.objects.all()
    assert (told.webhook, told.kind) == (webhook, Kind.REFUSED)
    assert json.loads(told.body)["data"]["key"]["id"] == str(refused.pk)
    assert not off.deliveries.exists()


def test_a_label_calls_nobody_in_a_chat(webhook: Webhook) -> None:
    low_key(label="<!channel> & co", state=ApiKey.State.REFUSED)
    tell_of_keys()
    told = json.loads(WebhookDelivery.objects.get().body)
    assert told["data"]["key"]["label"] == "<!channel> & co"
    assert told["text"] == "Segmind refuses the key “&lt;!channel&gt; &amp; co”."


# --- Trying again -------------------------------------------------------------
def test_a_failing_receiver_is_asked_again_with_growing_pauses_and_then_given_up(
    receiver: Receiver, webhook: Webhook
) -> None:
    receiver.statuses = [500] * 20
    with time_machine.travel(timezone.now(), tick=False) as clock:
        write_test(webhook)
        for number, pause in enumerate(PAUSES, start=1):
            assert deliver_due() == number
            clock.shift(pause - timedelta(seconds=1))
            assert deliver_due() == number
            clock.shift(timedelta(seconds=1))
        assert deliver_due() == len(PAUSES) + 1
        clock.shift(timedelta(days=2))
        assert deliver_due() == len(PAUSES) + 1
    assert sorted(PAUSES) == PAUSES
    assert WebhookDelivery.objects.get().state == State.GIVEN_UP
    assert set(outcomes()) == {(Outcome.ANSWERED, 500)}
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
    assert len({got.body for got in receiver.received}) == 1


def test_after_a_time_out_it_arrives_at_the_second_try(
    receiver: Receiver, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.3)
    receiver.statuses = [None]
    write_test(webhook)
    deliver_due()
    monkeypatch.undo()
    with time_machine.travel(timezone.now() + PAUSES[0]):
        deliver_due()
    assert outcomes() == [(Outcome.TIMED_OUT, None), (Outcome.DELIVERED, 204)]


def test_a_receiver_that_is_gone_is_told_nothing_more(receiver: Receiver, webhook: Webhook) -> None:
    receiver.statuses = [410]
    write_test(webhook)
    second = write_test(webhook)
    deliver_due()
    webhook.refresh_from_db()
    assert not webhook.is_active
    assert outcomes() == [(Outcome.GONE, 410), (Outcome.OFF, None)]
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {State.GIVEN_UP}
    assert len(receiver.received) == 1
    assert AuditEntry.objects.filter(action="webhook.changed", after={"is_active": False}).count() == 1
    send_again(second)
    deliver_due()
    assert len(receiver.received) == 1


def test_a_redirect_is_not_followed(receiver: Receiver, webhook: Webhook) -> None:
    receiver.statuses = [307]
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere", "Set-Cookie": "a=b"}
    write_test(webhook)
    deliver_due()
    assert outcomes() == [(Outcome.REDIRECTED, 307)]
    assert [got.path for got in receiver.received] == ["/hook"]


def test_an_internal_address_is_not_asked(receiver: Receiver, webhook: Webhook, settings) -> None:
    settings.WEBHOOK_NETWORKS = []
    write_test(webhook)
    deliver_due()
    assert outcomes() == [(Outcome.FORBIDDEN, None)]
    assert receiver.received == []


def test_nobody_there_and_a_secret_that_does_not_open_are_said(receiver: Receiver) -> None:
    write_test(new_webhook("http://127.0.0.1:1/"))
    sealed = new_webhook(receiver.address)
    Webhook.objects.filter(pk=sealed.pk).update(ciphertext=new_webhook("https://x.example").ciphertext)
    write_test(sealed)
    deliver_due()
    assert sorted(outcomes()) == [(Outcome.SEALED, None), (Outcome.UNREACHABLE, None)]


@pytest.mark.django_db(transaction=True)
def test_one_attempt_is_made_of_two_jobs_at_once(receiver: Receiver, webhook: Webhook) -> None:
    delivery = write_test(webhook)
    assert race(*[lambda: async_to_sync(deliver)(delivery.pk)] * 5) == [None] * 5
    assert len(receiver.received) == WebhookAttempt.objects.count() == 1


def test_an_attempt_whose_worker_was_stopped_is_made_again_and_the_last_one_ends_it(webhook: Webhook) -> None:
    write_test(webhook)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for pause in [*PAUSES, PAUSES[-1]]:
            assert webhooks.claim(due_deliveries()[0])
            assert not due_deliveries()
            clock.shift(pause)
        assert webhooks.claim(due_deliveries()[0]) is None
    assert WebhookDelivery.objects.get().state == State.GIVEN_UP
    assert set(outcomes()) == {(Outcome.UNDER_WAY, None)}


def test_sent_again_it_has_the_same_id(receiver: Receiver, webhook: Webhook) -> None:
    delivery = write_test(webhook)
    deliver_due()
    send_again(delivery)
    assert deliver_due() == 2
    assert {got.headers["webhook-id"] for got in receiver.received} == {str(delivery.pk)}
    assert AuditEntry.objects.filter(action="webhook.sent").count() == 2


def test_deliveries_go_after_thirty_days(webhook: Webhook) -> None:
    write_test(webhook)
    deliver_due()
    for days, left in [(29, 1), (31, 0)]:
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            webhooks.forget_old_deliveries()
        assert WebhookDelivery.objects.count() == WebhookAttempt.objects.count() == left


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_delivery_knows_its_id_and_nothing_else(webhook: Webhook) -> None:
    delivery = write_test(webhook)
    async_to_sync(tasks.start_deliveries.func)(timestamp=0)
    assert [job.args for job in ProcrastinateJob.objects.filter(queue_name="webhooks")] == [
        {"delivery_id": str(delivery.pk)}
    ]
