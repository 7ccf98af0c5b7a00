"""A backup that is older than what was sent: nothing that it has queued goes out by itself."""

from django.core.management import call_command

from chat.delivery import steps
from chat.delivery.restored import doubt_what_was_restored
from chat.models import DatabaseIdentity, LedgerEntry, Reply


def test_the_same_database_goes_on_as_before(reply):
    doubt_what_was_restored()
    doubt_what_was_restored()
    assert len(steps.claim(limit=1).assignments) == 1


def test_what_a_restored_dump_has_queued_may_have_been_sent(reply):
    doubt_what_was_restored()
    DatabaseIdentity.objects.update(table_oid=1)
    doubt_what_was_restored()
    reply.refresh_from_db()
    assert (reply.state, reply.billed) == ("unknown", "unknown")
    assert steps.claim(limit=1).assignments == []
    assert list(LedgerEntry.objects.values_list("kind", flat=True)) == ["reserve"]


def test_only_what_was_there_is_doubted(reply, alice, llama):
    doubt_what_was_restored()
    DatabaseIdentity.objects.update(timeline=99)
    doubt_what_was_restored()
    Reply.objects.create(owner=alice, message=None, model=llama, version="v1", key_label="")
    doubt_what_was_restored()
    assert Reply.objects.filter(state="queued").count() == 1


def test_files_that_were_put_back_are_told_by_hand(reply, capsys):
    call_command("restored")
    assert "1 queued replies" in capsys.readouterr().out
    assert Reply.objects.get().state == "unknown"
