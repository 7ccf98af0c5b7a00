"""Whoever owns a key hears that it became slower, once for each time."""

from datetime import timedelta

from django.core import mail
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services.api_keys import slow_down
from accounts.services.rate_notices import tell_of_learned_rates
from tests.factories import ApiKeyFactory


def refuse(key: ApiKey, *, let_through: int) -> None:
    slow_down(key_id=key.pk, until=timezone.now() + timedelta(seconds=5), let_through=let_through)


def test_a_learned_rate_is_told_once(alice: User) -> None:
    key = ApiKeyFactory.create(owner=alice, label="Mine")
    refuse(key, let_through=20)
    for _ in range(2):
        tell_of_learned_rates()
    [letter] = mail.outbox
    assert letter.to == [alice.email]
    assert "20 messages a minute" in letter.body
    refuse(key, let_through=6)
    tell_of_learned_rates()
    assert "6 messages a minute" in mail.outbox[1].body


def test_a_429_at_the_known_rate_teaches_nothing_and_is_not_told(alice: User) -> None:
    refuse(ApiKeyFactory.create(owner=alice), let_through=50)
    tell_of_learned_rates()
    assert mail.outbox == []


def test_a_mail_that_could_not_leave_is_tried_again(alice: User, monkeypatch) -> None:
    def refuse_all(*args: object) -> None:
        raise ConnectionRefusedError

    refuse(ApiKeyFactory.create(owner=alice), let_through=20)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse_all)
        tell_of_learned_rates()
    tell_of_learned_rates()
    assert len(mail.outbox) == 1
