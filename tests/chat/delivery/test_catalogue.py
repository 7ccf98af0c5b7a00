"""Every model on offer, by either version, against the stand-in for Segmind: our client and its wire, nothing faked."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync

from chat.delivery import process
from chat.models import LanguageModel, Reply
from chat.segmind import SegmindClient, Timeouts
from tests.chat.conftest import work
from tests.chat.sending import send
from tests.sandbox.running import RunningSandbox, running_sandbox

OF_THE_SEEDS = ["claude-3-haiku", "claude-3.5-sonnet", "llama-v3-8b-instruct", "llama-v3p1-70b-instruct"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def deliver(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[Reply], Reply]:
    """Let a worker with a client of its own do all there is to do, and give back the row as it then is."""
    monkeypatch.setattr(process, "FIRST_POLL_SECONDS", 0.01)

    async def with_a_client() -> None:
        timeouts = Timeouts(connect=5, read=10, write=5, pool=5, total=20)
        client = SegmindClient(base_url=sandbox.base_url, timeouts=timeouts, version="test")
        monkeypatch.setattr(process, "segmind_client", lambda: client)
        try:
            await work()
        finally:
            await client.aclose()

    def run(reply: Reply) -> Reply:
        async_to_sync(with_a_client)()
        return Reply.objects.select_related("message").get(pk=reply.pk)

    return run


def test_on_offer_are_the_models_of_the_seeds(db):
    assert [model.slug for model in LanguageModel.objects.on_offer()] == OF_THE_SEEDS
    assert LanguageModel.objects.count() == 38


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("slug", OF_THE_SEEDS)
def test_a_model_answers_by_either_version(alice, alice_key, deliver, slug, version):
    LanguageModel.objects.filter(slug=slug).update(version=version)
    model = LanguageModel.objects.get(slug=slug)
    first = send(alice, "What is a tree?", model=model, instruction="Be brief.", temperature=0.2)
    one = deliver(first.answer.reply)
    second = send(alice, "And a forest?", model=model, conversation=first.question.conversation)
    two = deliver(second.answer.reply)

    assert [one.state, two.state] == ["completed", "completed"], (one.failure_detail, two.failure_detail)
    assert "What is a tree?" in one.message.text
    assert f"by way of {version}" in two.message.text
    assert one.cost is not None
    assert one.cost > 0
    assert one.remaining_credits > two.remaining_credits
    assert one.request_id
    assert one.request_id != two.request_id
    assert None not in (one.input_tokens, one.output_tokens)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_the_sandbox_billed_is_what_the_ledger_says(alice, alice_key, deliver, sandbox, version):
    sandbox.reset()
    LanguageModel.objects.update(version=version)
    for words in ("hello", "sandbox:fail", "sandbox:credits", "sandbox:server-error"):
        deliver(send(alice, words, model=LanguageModel.objects.get(slug="claude-3-haiku")).answer.reply)
    billed = sum(Decimal(str(row["cost"])) for row in sandbox.ledger(state="billed")["rows"])
    assert sum(reply.cost for reply in Reply.objects.filter(billed="yes")) == billed > 0
    assert Reply.objects.filter(billed="unknown").count() == 0
