"""A 410: the model goes off the list, and the administrators get one mail, whatever becomes of the mail server."""

import smtplib

import httpx
from django.core import mail
from django.db import OperationalError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEntry
from chat import tasks
from chat.models import LanguageModel, Reply
from chat.services.retirement import mail_administrators, record_retirement, retire_model
from tests.chat.delivery.test_v2 import SUBMITTED
from tests.chat.sending import send
from tests.factories import PersonFactory

GONE = httpx.Response(410, json={"error": "Model has been retired"})


def mails_waiting() -> int:
    return ProcrastinateJob.objects.filter(task_name=tasks.mail_about_retired_model.name).count()


def test_it_is_taken_off_the_list_once_with_one_mail(llama):
    assert [retire_model(slug=llama.slug), retire_model(slug=llama.slug)] == [True, False]
    llama.refresh_from_db()
    assert not llama.enabled
    assert llama.retired_at
    assert mails_waiting() == 1


def test_offered_again_and_retired_again_is_another_mail(llama):
    retire_model(slug=llama.slug)
    LanguageModel.objects.update(enabled=True, retired_at=None)
    assert retire_model(slug=llama.slug)
    assert mails_waiting() == 2


def test_a_model_that_was_not_on_offer_is_only_noted(db):
    assert not retire_model(slug="gpt-4o")
    assert LanguageModel.objects.get(slug="gpt-4o").retired_at
    assert mails_waiting() == 0


def test_the_mail_goes_with_the_transaction(llama):
    with transaction.atomic():
        retire_model(slug=llama.slug)
        transaction.set_rollback(True)
    llama.refresh_from_db()
    assert llama.enabled
    assert mails_waiting() == 0


def test_it_is_recorded_by_a_job_and_a_refused_entry_fails_no_reply(reply, segmind, deliver, llama, monkeypatch):
    def fail(*args, **options):
        raise OperationalError("canceling statement due to lock timeout")

    segmind.answers = [GONE]
    with monkeypatch.context() as broken:
        broken.setattr(AuditEntry, "save", fail)
        assert deliver(reply).failure_kind == "model"
    job = ProcrastinateJob.objects.get(task_name=tasks.record_retired_model.name)
    before = AuditEntry.objects.count()
    record_retirement(**job.args)
    llama.refresh_from_db()
    assert AuditEntry.objects.count() == before + 1
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.actor_id, entry.thing) == ("model.changed", None, f"languagemodel {llama.pk}")
    assert (entry.before, entry.after) == ({"enabled": True}, {"enabled": False, "retired_at": str(llama.retired_at)})


def test_an_audit_log_that_takes_no_entry_is_tried_again_later():
    retry = tasks.UNTIL_IT_IS_RECORDED
    assert retry.get_retry_decision(exception=OperationalError(), job=ProcrastinateJob(attempts=0))


def test_all_administrators_get_it_and_nobody_else(llama, alice):
    boss = PersonFactory.create(role="administrator")
    PersonFactory.create(role="administrator", is_active=False)
    retire_model(slug=llama.slug)
    mail_administrators(model_id=llama.pk)
    (message,) = mail.outbox
    assert message.to == [boss.email]
    assert message.subject == "Segmind has retired Llama 3 8B Instruct"
    assert "llama-v3-8b-instruct" in message.body
    assert "&" not in message.body


def test_without_an_administrator_no_mail_is_sent(llama):
    mail_administrators(model_id=llama.pk)
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_tried_again_later():
    retry = tasks.UNTIL_THE_MAIL_IS_OUT
    job = ProcrastinateJob(attempts=0)
    assert retry.get_retry_decision(exception=smtplib.SMTPServerDisconnected(), job=job)
    assert retry.get_retry_decision(exception=ConnectionRefusedError(), job=job)
    assert not retry.get_retry_decision(exception=LanguageModel.DoesNotExist(), job=job)


def test_a_410_to_a_message_retires_and_the_reply_says_so(reply, segmind, deliver, llama):
    segmind.answers = [GONE]
    assert deliver(reply).failure_kind == "model"
    llama.refresh_from_db()
    assert (llama.enabled, mails_waiting()) == (False, 1)
    assert mail.outbox == []


def test_a_410_while_asking_after_a_request_says_nothing_about_the_model(alice, alice_key, haiku, segmind, deliver):
    reply = send(alice, "hello", model=haiku).answer.reply
    segmind.answers = [SUBMITTED, GONE]
    reply = deliver(reply)
    haiku.refresh_from_db()
    assert (haiku.enabled, haiku.retired_at, mails_waiting()) == (True, None, 0)
    assert Reply.objects.get().state == "failed"
