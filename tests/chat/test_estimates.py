"""What a message will cost and how full the memory is: by what answers have cost here, else by what is published."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat.estimates import Estimate
from chat.forms import MessageForm
from chat.models import Conversation, LanguageModel, Reply
from chat.models.language_model import ENOUGH_ANSWERS
from chat.services.costs import line, measure_costs

HTMX = {"HX-Request": "true"}


def model(**fields) -> LanguageModel:
    given = {"context_tokens": 1000, "characters_per_token": 2.0, "published_cost": None}
    return LanguageModel(**given | fields)


def answered(person, model: LanguageModel, tokens: int, cost: str, **fields) -> Reply:
    now = timezone.now()
    state = {"state": "completed", "billed": "yes", "submit_started_at": now, "finished_at": now}
    return Reply.objects.create(owner=person, model=model, input_tokens=tokens, cost=Decimal(cost), **state | fields)


def test_a_published_cost_is_an_average_whatever_is_sent():
    for characters in (0, 1_000_000):
        assert Estimate(model(published_cost=Decimal("0.00456")), characters).cost == Decimal("0.0046")
    assert Estimate(model(), 10).cost is None


def test_few_answers_count_only_where_nothing_is_published():
    few = {"measured_answers": ENOUGH_ANSWERS - 1, "answer_cost": Decimal("0.001"), "reading_cost": Decimal(0)}
    assert Estimate(model(**few), 0).cost == Decimal("0.001")
    assert Estimate(model(**few, published_cost=Decimal("0.02")), 0).cost == Decimal("0.02")


def test_a_measured_cost_grows_with_what_is_sent_up_to_the_memory():
    line = {"answer_cost": Decimal("0.001"), "reading_cost": Decimal("0.000002")}
    measured = model(measured_answers=ENOUGH_ANSWERS, published_cost=Decimal(9), **line)
    assert Estimate(measured, 0).cost == Decimal("0.0010")
    assert Estimate(measured, 1000).cost == Decimal("0.0020")
    assert Estimate(measured, 2000).cost == Estimate(measured, 10**9).cost == Decimal("0.0030")


GAUGE = [(0, 0, False), (1000, 50, False), (1999, 99, False), (2000, 99, False), (2001, 100, True)]


@pytest.mark.parametrize(("characters", "percent", "is_over"), GAUGE)
def test_the_gauge_is_full_when_something_is_left_out(characters, percent, is_over):
    estimate = Estimate(model(), characters)
    assert (estimate.percent, estimate.is_over) == (percent, is_over)


costs = st.decimals("0.000001", "10", places=6)


@given(costs, st.integers(1, 100_000), st.none() | st.floats(-1, 1), st.none() | st.floats(-1, 1))
def test_a_line_never_goes_below_nothing(average, tokens, slope, intercept):
    assert min(line(9, average, Decimal(tokens), slope, intercept)) >= 0


def test_the_line_is_found_among_the_latest_answers(alice, llama, haiku):
    for tokens in (100, 200, 400, 800, 1600):
        answered(alice, llama, tokens, str(Decimal("0.001") + tokens * Decimal("0.000001")))
    for tokens in (100, 900):
        answered(alice, haiku, tokens, str(tokens))
    answered(alice, llama, 100, "9", state="failed", failure_kind="upstream")
    measure_costs()
    llama.refresh_from_db()
    haiku.refresh_from_db()
    assert llama.measured_answers == 5
    assert float(llama.answer_cost) == pytest.approx(0.001)
    assert float(llama.reading_cost) == pytest.approx(0.000001)
    assert (haiku.answer_cost, haiku.reading_cost, haiku.measured_answers) == (500, 0, 2)


def test_answers_that_all_cost_the_same_give_their_average(alice, llama):
    for _ in range(ENOUGH_ANSWERS):
        answered(alice, llama, 100, "0.002")
    measure_costs()
    llama.refresh_from_db()
    assert (llama.answer_cost, llama.reading_cost) == (Decimal("0.002"), 0)


def test_the_page_says_it_in_words_with_its_basis(client, alice, alice_key, llama, conversation):
    LanguageModel.objects.filter(pk=llama.pk).update(
        answer_cost=Decimal("0.001"), reading_cost=0, measured_answers=12, context_tokens=20, characters_per_token=1
    )
    client.force_login(alice)
    page = client.get(conversation.get_absolute_url()).content.decode()
    assert "About 0.001 credits" in page
    assert "12 answers here" in page
    assert "Segmind’s average" in page
    assert "35 % of memory" in page
    assert '<meter class="estimate__gauge" min="0" max="100" high="80" optimum="0" value="35"' in page


def blank_form(models: list[LanguageModel], **fields) -> MessageForm:
    form = MessageForm.blank_for(Conversation(**fields), models=models, keys=[])
    form.history = 100
    return form


def test_the_instruction_counts_for_models_that_take_one():
    form = blank_form([model(has_instruction=False), model(has_instruction=True)], instruction="12345")
    assert [estimate.characters for estimate in form.estimates] == [100, 105]


def test_the_chosen_model_is_the_one_that_is_summed_up(llama, haiku):
    assert blank_form([llama, haiku]).estimate.model == llama
    assert blank_form([llama, haiku], model=haiku).estimate.model == haiku
    assert blank_form([]).estimate is None


def test_sending_goes_on_from_what_the_page_said_and_does_not_count_again(client, alice, alice_key, llama, monkeypatch):
    monkeypatch.setattr("chat.queries.HISTORY", "not to be asked")
    client.force_login(alice)
    fields = {"client_id": uuid.uuid4(), "text": "hello", "model": llama.slug, "history": "1000"}
    page = client.post(f"/c/{uuid.uuid4()}/messages/", fields, headers=HTMX).content.decode()
    assert 'name="history" id="history" form="composer" value="1007"' in page
    for odd in ("", "-5", "1e9", "²", "9" * 400, "x"):
        fields |= {"history": odd, "client_id": uuid.uuid4()}
        assert client.post(f"/c/{uuid.uuid4()}/messages/", fields, headers=HTMX).status_code == 200
