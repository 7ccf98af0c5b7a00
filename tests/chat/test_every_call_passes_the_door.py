"""Whatever costs is reserved before it is sent and settled after it, and at a hard limit nothing is sent at all."""

import ast
import uuid
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.services import api_keys
from chat.delivery import process
from chat.models import Budget, Conversation, LanguageModel, LedgerEntry, Message, Reply
from chat.segmind import KeyValue
from chat.services import catalogue
from chat.services.branches import continue_answer, edit_message, new_version
from chat.services.comparisons import ask_several
from chat.services.queued_replies import send_regardless
from chat.services.replies import try_again
from tests.chat.conftest import v1_answer
from tests.chat.sending import send
from tests.factories import PASSWORD
from tests.signing_in import sign_in

ROOT = Path(__file__).parents[2]
COST = Decimal("0.0006")  # of each of v1_answer's


@pytest.fixture
def answered(alice, conversation, reply, segmind, deliver) -> Message:
    """Alice's first question, and its answer."""
    deliver(reply)
    conversation.refresh_from_db()
    return Message.objects.select_related("conversation__owner", "parent", "model").get(role="assistant")


def sending(answer: Message, llama: LanguageModel) -> None:
    send(answer.conversation.owner, "again", model=llama, conversation=answer.conversation)


def comparing(answer: Message, llama: LanguageModel) -> None:
    # Both by v1, which is what the stand-in of these tests speaks.
    second = LanguageModel.objects.create(slug="second", label="Second", wire_format="openai", version="v1")
    conversation = Conversation.objects.select_related("owner").get(pk=answer.conversation_id)
    ask_several(conversation=conversation, client_id=uuid.uuid4(), text="both?", models=[llama, second])


def editing(answer: Message, llama: LanguageModel) -> None:
    assert answer.parent
    edit_message(message=answer.parent, client_id=uuid.uuid4(), text="rather this", model=llama)


def continuing(answer: Message, llama: LanguageModel) -> None:
    continue_answer(answer=answer, client_id=uuid.uuid4(), text="go on")


def another_version(answer: Message, llama: LanguageModel) -> None:
    new_version(answer=answer, client_id=uuid.uuid4())


def repeating(answer: Message, llama: LanguageModel) -> None:
    failed = send(answer.conversation.owner, "in vain", model=llama).answer.reply
    assert failed
    if failed.is_running:  # where there is room, it fails for another reason
        failed.move(to="failed", failure_kind="request")
    try_again(reply=failed)


def queueing(answer: Message, llama: LanguageModel) -> None:
    """One behind the other, and the second one regardless of the first."""
    for text in ("first", "second"):
        turn = send(answer.conversation.owner, text, model=llama, conversation=answer.conversation)
        answer.conversation.refresh_from_db()
    if turn.answer.reply and turn.answer.reply.is_running:
        assert send_regardless(reply=turn.answer.reply)


KINDS = [sending, comparing, editing, continuing, another_version, repeating, queueing]
PEOPLE_KINDS = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@pytest.mark.parametrize("scope", ["team", "key"])
@PEOPLE_KINDS
def test_at_a_hard_limit_nothing_of_any_kind_is_sent(kind, scope, answered, alice_key, llama, segmind, deliver):
    Budget.objects.create(limit=0, **({"api_key": alice_key} if scope == "key" else {}))
    sent, before = len(segmind.submitted), set(Reply.objects.values_list("pk", flat=True))
    kind(answered, llama)
    deliver(Reply.objects.latest("created_at"))
    made = Reply.objects.exclude(pk__in=before)
    assert {(reply.state, reply.failure_kind) for reply in made} == {("failed", "budget")}
    assert len(segmind.submitted) == sent


@PEOPLE_KINDS
def test_where_there_is_room_each_call_is_reserved_and_settled_once(kind, answered, llama, segmind, deliver):
    budget = Budget.objects.create(limit=100)
    sent = len(segmind.submitted)
    kind(answered, llama)
    deliver(Reply.objects.latest("created_at"))
    calls = len(segmind.submitted) - sent
    now = Budget.objects.with_amounts().get(pk=budget.pk)
    assert calls == (2 if kind in (comparing, queueing) else 1)
    assert (now.reserved, now.spent) == (Decimal(0), COST * calls)
    assert Counter(LedgerEntry.objects.values_list("kind", flat=True))["settle"] == len(segmind.submitted)


@pytest.fixture
def checkable(alice_key, segmind, monkeypatch) -> None:
    """A key of the team's, and the one call that no worker makes answered by the same Segmind."""
    alice_key.owner = None
    monkeypatch.setattr(catalogue, "new_client", process.segmind_client)  # type: ignore[attr-defined]
    monkeypatch.setattr(api_keys, "open_key", lambda key: KeyValue("SG_0123456789abcdef"))


def by_the_page(client, key, llama) -> None:
    sign_in(client, User.objects.create_superuser("root@example.com", PASSWORD, name="Root"))
    key.save()
    client.post("/admin/chat/languagemodel/check/", {"models": [llama.pk], "api_key": key.pk})


def by_the_command(client, key, llama) -> None:
    try:
        call_command("catalogue", "check", llama.slug, "--key", str(key.pk), "--yes")
    except CommandError:
        assert Budget.objects.filter(limit=0).exists()


@pytest.mark.parametrize("way", [by_the_page, by_the_command])
@pytest.mark.parametrize(("limit", "calls"), [(0, 0), (100, 1)])
@pytest.mark.parametrize("scope", ["team", "key"])
def test_checks_of_models_pass_it_too(
    client, alice_key, llama, segmind, checkable, way: Callable[..., None], limit, calls, scope
):
    segmind.answers = [v1_answer("ready")]
    budget = Budget.objects.create(limit=limit, **({"api_key": alice_key} if scope == "key" else {}))
    way(client, alice_key, llama)
    assert len(segmind.submitted) == calls
    assert list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)) == ["reserve", "settle"][: 2 * calls]
    now = Budget.objects.with_amounts().get(pk=budget.pk)
    assert (now.reserved, now.spent) == (Decimal(0), COST * calls)


def test_nothing_else_calls_segmind_for_money_or_makes_a_reply():
    """Whoever adds such a place adds it to the tests above."""
    calls, makers = set(), set()
    for path in [*ROOT.glob("chat/**/*.py"), *ROOT.glob("accounts/**/*.py"), *ROOT.glob("config/**/*.py")]:
        if {"segmind", "migrations"} & set(path.relative_to(ROOT).parts):
            continue
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("complete", "submit"):
                calls.add(name)
            if isinstance(node.func, ast.Name) and node.func.id == "Reply":
                makers.add(name)
            if ast.unparse(node.func) in ("Reply.objects.create", "Reply.objects.bulk_create"):
                makers.add(name)
    assert calls == {"chat/delivery/process.py", "chat/services/catalogue.py"}
    assert makers == {"chat/services/messages.py", "chat/services/catalogue.py"}
