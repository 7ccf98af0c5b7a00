"""The page of search, and what the side bar shows while somebody types."""

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import Message
from chat.search import hits
from chat.views import search as views
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> zebra **bold** \x02 </mark>"


@pytest.fixture
def results(client, alice, alice_key):
    """Alice's page of results, as text."""
    client.force_login(alice)

    def of(headers=None, status=200, **fields):
        response = client.get("/search/", fields, headers=headers)
        assert response.status_code == status
        return response.content.decode()

    return of


def test_a_hit_leads_to_the_message_and_its_words_are_marked(results, alice, llama):
    question = send(alice, "Why do zebras have stripes?", model=llama).question
    shown = results(q="zebra stripe")
    assert f'href="/c/{question.conversation_id}/?message={question.pk}#message-{question.pk}"' in shown
    assert "Why do <mark>zebras</mark> have <mark>stripes</mark>?" in shown
    assert "1 conversation\n" in shown


def test_a_hostile_text_is_only_text(results, alice, llama):
    send(alice, HOSTILE, model=llama)
    shown = results(q="zebra")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=alert(2)&gt; <mark>zebra</mark> bold" in shown
    assert "<script>alert" not in shown
    assert "<img" not in results(q="<img src=x onerror=alert(2)>").replace('<img class="picture', "")


def test_a_long_text_is_shown_where_the_hit_is(results, alice, llama):
    send(alice, "nothing here. " * 500 + "At last a zebra." + " nothing more." * 500, model=llama)
    shown = results(q="zebra")
    assert "At last a <mark>zebra</mark>. nothing more." in shown
    assert len(shown.split("search-hit__snippet")[1].split("</span>")[0]) < 400


def test_a_mistyped_word_finds_what_looks_like_it(results, alice, llama):
    send(alice, "Did you receive the python?", model=llama)
    for typed in ("recieve", "pyhton", "recieve pyhton"):
        assert "words that look like it" in results(q=typed)
    assert "<mark>receive</mark>" in results(q="recieve")
    assert "Nothing found for “xylophone”" in results(q="xylophone")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"model": "llama-v3-8b-instruct"}, True),
        ({"model": "claude-3-haiku"}, False),
        ({"since": "2020-01-01", "until": "2100-01-01"}, True),
        ({"until": "2020-01-01"}, False),
    ],
)
def test_filters(results, conversation, fields, found):
    assert ("<mark>hello</mark>" in results(q="hello", **fields)) is found


def test_a_day_ends_at_midnight_where_the_person_is(results, alice, conversation):
    alice.time_zone = "Pacific/Auckland"
    alice.save()
    Message.objects.update(created_at="2026-03-01T12:30Z")
    Message.objects.filter(role="user").update(text="antelope")
    shown = {
        day: "<mark>antelope" in results(q="antelope", since=day, until=day) for day in ("2026-03-01", "2026-03-02")
    }
    assert shown == {"2026-03-01": False, "2026-03-02": True}


@pytest.mark.parametrize(
    "fields",
    [
        {"q": "a" * 10_000},
        {"since": "soon"},
        {"until": "9999-12-31"},
        {"before": "0001-01-01T00:00Z"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"model": "no\0model"},
        {"conversation": "x"},
    ],
)
def test_what_makes_no_sense_is_said_and_kept(results, fields):
    fields = {"q": "hello"} | fields
    shown = results(status=422, **fields)
    assert shown.count('notice notice--error" id=') == 1
    assert f'value="{fields["q"]}"' in shown
    assert results(status=422, headers=HTMX, **fields).count("notice--error") == 1


def test_nobody_sees_what_is_someone_elses(client, charlie, conversation):
    client.force_login(charlie)
    fields = {"q": "hello", "conversation": conversation.pk}
    for address in ("/search/", "/search/quick/"):
        assert str(conversation.pk) not in client.get(address, fields).content.decode()


def test_pages_and_older_hits(results, alice, llama, monkeypatch):
    monkeypatch.setattr(views, "CONVERSATIONS_A_PAGE", 2)
    monkeypatch.setattr(hits, "NEWEST_MESSAGES", 5)
    monkeypatch.setattr(hits, "NEWEST_TITLES", 0)
    for number in range(5):
        send(alice, f"zebra {number}", model=llama)
    first = results(q="zebra")
    assert "Page 1 of" in first
    assert "Next page" in first
    last = results(q="zebra", page=99)
    assert "Older hits" in last
    assert "before=" in last


def test_the_fragment_is_the_results_alone(client, alice, conversation):
    client.force_login(alice)
    response = client.get("/search/?q=hello", headers=HTMX)
    assert "<mark>hello</mark>" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_the_side_bar_gets_the_best_few(client, alice, conversation):
    client.force_login(alice)
    shown = client.get(reverse("search_quick"), {"q": "hel"}).content.decode()
    assert "<mark>hello</mark>" in shown
    assert "1 conversation found" in shown
    empty = client.get(reverse("search_quick"), {"q": " "}).content.decode()
    assert 'class="quick"' not in empty
    assert client.get(reverse("search_quick"), {"q": "a" * 400}).status_code == 422


def test_a_search_that_takes_too_long_says_so(client, alice, conversation, monkeypatch):
    def take_too_long(*_):
        raise hits.TookTooLong

    monkeypatch.setattr(views, "search", take_too_long)
    client.force_login(alice)
    for address in ("/search/", "/search/quick/"):
        response = client.get(address, {"q": "hello"})
        assert response.status_code == 503
        assert "took too long" in response.content.decode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(q=st.text(max_size=60), page_number=st.text(max_size=5), model=st.text(max_size=5))
def test_any_text_gives_a_page(client, alice, q, page_number, model):
    client.force_login(alice)
    response = client.get("/search/", {"q": q, "page": page_number, "model": model})
    assert response.status_code in (200, 422)
    assert client.get("/search/quick/", {"q": q}).status_code in (200, 422)


def test_queries_stay_the_same_with_more_hits(client, alice, conversation, llama, django_assert_num_queries):
    client.force_login(alice)
    client.get("/search/?q=hello")
    with django_assert_num_queries(13):
        assert client.get("/search/?q=hello").content.decode().count("<mark>hello") == 2
    for _ in range(5):
        send(alice, "hello hello", model=llama)
    with django_assert_num_queries(13):
        assert client.get("/search/?q=hello").content.decode().count("<mark>hello") == 22


def test_of_many_hits_in_one_conversation_the_best_few_are_shown_and_lead_to_the_others(results, alice, llama):
    conversation = send(alice, "zebra", model=llama).question.conversation
    for _ in range(4):
        send(alice, "zebra", model=llama, conversation=conversation)
    first = results(q="zebra")
    assert first.count('class="search-hit__message"') == 3
    assert f'href="/search/?q=zebra&amp;conversation={conversation.pk}">2 more in this conversation' in first
    assert results(q="zebra", conversation=conversation.pk).count('class="search-hit__message"') == 5
