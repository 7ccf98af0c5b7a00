"""The actions on a message: as fragments, as pages without JavaScript, for the owner alone."""

import re
import uuid

import pytest
from django.urls import reverse

from chat.models import Conversation, Message, Reply
from chat.services import branches
from tests.chat.branching import again, answered, complete, edit, leaf
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}


@pytest.fixture
def turn(alice, alice_key, llama):
    return answered(send(alice, "one", model=llama))


@pytest.fixture
def act(client, alice, turn):
    """Alice's browser, and what it is told."""
    client.force_login(alice)

    def do(name: str, message: Message, *, get: bool = False, plain: bool = False, query: str = "", **fields: object):
        address = reverse(name, args=[message.pk]) + query
        headers = {} if plain else HTMX
        return client.get(address, headers=headers) if get else client.post(address, fields, headers=headers)

    return do


def once() -> dict[str, object]:
    return {"client_id": uuid.uuid4()}


def test_a_page_offers_what_is_done_most_and_a_menu(client, alice, turn):
    client.force_login(alice)
    page = client.get(turn.question.conversation.get_absolute_url()).content.decode()
    for name in ("Copy", "Edit", "Try again", "More"):
        assert f'aria-label="{name}"' in page
    assert "data-edit" in page
    assert "Versions" not in page


def test_the_form_stands_in_the_place_of_the_question_with_its_text(act, turn):
    form = act("message_edits", turn.question, get=True).content.decode()
    assert f'id="message-{turn.question.pk}"' in form
    assert ">one</textarea>" in form
    assert "<html" not in form
    assert "<html" in act("message_edits", turn.question, get=True, plain=True).content.decode()


def test_an_edit_answers_with_the_new_path(act, turn, llama):
    response = act("message_edits", turn.question, **once(), text="uno", model=llama.slug)
    shown = response.content.decode()
    assert "uno" in shown
    assert "2 of 2" in shown
    assert 'data-state="queued"' in shown
    assert "An answer." not in shown
    plain = act("message_edits", turn.question, plain=True, **once(), text="eins", model=llama.slug)
    newest = leaf(turn.question.conversation).parent
    assert (plain.status_code, plain["Location"]) == (302, newest.get_absolute_url())


@pytest.mark.parametrize("plain", [False, True])
def test_an_edit_without_text_comes_back_with_the_reason(act, turn, llama, plain):
    response = act("message_edits", turn.question, plain=plain, **once(), text=" ", model=llama.slug)
    assert response.status_code == 422
    assert "Write something first." in response.content.decode()
    assert Message.objects.count() == 2


def test_an_edit_that_nobody_pays_for_keeps_the_text(act, turn, llama, alice_key):
    alice_key.delete()
    response = act("message_edits", turn.question, **once(), text="my thought", model=llama.slug)
    assert response.status_code == 422
    assert "my thought" in response.content.decode()


def test_the_same_edit_with_another_text_is_a_conflict_that_keeps_it(act, turn, llama):
    form = once() | {"model": llama.slug}
    act("message_edits", turn.question, **form, text="uno")
    response = act("message_edits", turn.question, **form, text="eins")
    assert response.status_code == 409
    assert "eins" in response.content.decode()
    assert str(form["client_id"]) not in response.content.decode()


def test_an_answer_is_not_edited(act, turn):
    assert act("message_edits", turn.answer, get=True).status_code == 404


def test_trying_again_shows_the_new_version_on_its_way(act, turn):
    shown = act("message_versions", turn.answer, **once()).content.decode()
    assert "2 of 2" in shown
    assert 'data-state="queued"' in shown
    assert "&versions" in shown


def test_a_version_that_arrives_still_says_which_it_is(client, act, turn):
    version = again(turn.answer)
    complete(version)
    address = reverse("reply_wait", args=[version.reply.pk])
    assert "2 of 2" in client.get(f"{address}?state=queued&versions", headers=HTMX).content.decode()


def test_an_answer_without_versions_is_waited_for_without_looking_for_them(
    client, act, turn, django_assert_max_num_queries
):
    address = f"{reverse('reply_wait', args=[turn.answer.reply.pk])}?state=queued"
    client.get(address, headers=HTMX)
    with django_assert_max_num_queries(6) as counted:
        client.get(address, headers=HTMX)
    assert not [query for query in counted if "parent_id" in query["sql"].partition("WHERE")[2]]


def test_trying_again_without_a_key_says_so_and_shows_what_is_there(act, turn, alice_key):
    alice_key.delete()
    shown = act("message_versions", turn.answer, **once()).content.decode()
    assert "There is no working key to pay for this." in shown
    assert "An answer." in shown
    assert Reply.objects.count() == 1


def test_choosing_a_version_shows_its_path(act, turn, llama):
    edit(turn.question, "uno", model=llama)
    shown = act("message_choice", turn.question).content.decode()
    assert "An answer." in shown
    assert "1 of 2" in shown
    assert act("message_choice", turn.question, plain=True)["Location"] == turn.question.get_absolute_url()


def test_a_version_too_far_up_for_the_page_is_opened_at(act, turn, llama):
    parent = turn.answer
    for number in range(60):
        role = "assistant" if number % 2 else "user"
        parent = Message.objects.create(conversation=turn.question.conversation, parent=parent, role=role, text="…")
    edit(turn.question, "uno", model=llama)
    response = act("message_choice", turn.question)
    assert response["HX-Redirect"] == turn.question.get_absolute_url()
    assert leaf(turn.question.conversation) == parent


def test_an_answer_cut_off_by_its_length_offers_to_continue(client, act, turn):
    Reply.objects.update(stop_reason="max_tokens")
    shown = client.get(turn.question.conversation.get_absolute_url()).content.decode()
    assert reverse("message_continuation", args=[turn.answer.pk]) in shown
    assert ">Continue</div>" in act("message_continuation", turn.answer, **once()).content.decode()


def test_a_copy_says_where_it_is_from_and_shows_answers_without_a_cost(client, act, turn):
    response = act("message_conversations", turn.answer, plain=True, **once())
    shown = client.get(response["Location"]).content.decode()
    assert turn.answer.get_absolute_url().replace("&", "&amp;") in shown
    assert 'data-state="completed"' in shown
    assert "An answer." in shown
    assert "credits</li>" not in shown
    assert Conversation.objects.count() == 2


def test_a_question_that_was_never_answered_is_copied_as_such(client, act, alice, llama, turn):
    failed = send(alice, "two", model=llama, conversation=leaf(turn.question.conversation).conversation)
    failed.answer.reply.move(to="failed", failure_kind="upstream")
    conversation = Conversation.objects.select_related("owner").get(pk=turn.question.conversation_id)
    last = answered(send(alice, "three", model=llama, conversation=conversation))
    response = act("message_conversations", last.answer, plain=True, **once())
    assert "There was no answer to this." in client.get(response["Location"]).content.decode()


def test_deleting_asks_once_and_says_how_much_goes(act, turn):
    question = act("message_deletion", turn.question, get=True).content.decode()
    assert "This message and the one below it" in question
    assert Message.objects.count() == 2
    assert "one" not in act("message_deletion", turn.question).content.decode()
    assert not Message.objects.exists()


def test_an_only_answer_is_not_offered_to_be_deleted_and_not_deleted(act, turn):
    assert "Delete" not in act("message_actions", turn.answer, get=True).content.decode()
    assert "This is the only answer" in act("message_deletion", turn.answer).content.decode()
    assert Message.objects.count() == 2


def test_the_menu_is_a_page_of_its_own_without_javascript(act, turn):
    menu = act("message_actions", turn.answer, get=True).content.decode()
    whole = act("message_actions", turn.answer, get=True, plain=True).content.decode()
    for word in ("Quote", "Copy link", "New chat from here", "Try again with"):
        assert word in menu
        assert word in whole
    assert "<html" not in menu
    assert "http://testserver/c/" in menu


@pytest.mark.parametrize("name", ["versions", "choice", "continuation", "conversations"])
def test_what_changes_something_is_done_by_post_and_by_the_owner(client, act, charlie, turn, name):
    assert act(f"message_{name}", turn.answer, get=True).status_code == 405
    client.force_login(charlie)
    assert act(f"message_{name}", turn.answer, **once()).status_code == 404
    assert Message.objects.count() == 2


def test_a_message_that_went_meanwhile_is_a_404(act, turn, llama, monkeypatch):
    monkeypatch.setattr(branches, "still_there", lambda message: (_ for _ in ()).throw(branches.Gone))
    assert act("message_choice", turn.answer).status_code == 404


def test_versions_of_a_whole_page_cost_one_query(client, alice, turn, llama, django_assert_num_queries):
    client.force_login(alice)
    address = turn.question.conversation.get_absolute_url()
    with django_assert_num_queries(18):
        client.get(address)
    for number in range(3):
        edit(turn.question, f"edit {number}", model=llama)
    complete(again(complete(leaf(turn.question.conversation))))
    with django_assert_num_queries(18):
        shown = client.get(address).content.decode()
    assert re.findall(r"\d of \d", shown) == ["4 of 4", "2 of 2"]


@pytest.mark.parametrize("name", ["versions", "continuation", "conversations"])
def test_what_is_done_with_an_answer_is_not_done_with_a_question(act, turn, alice, llama, name):
    conversation = Conversation.objects.select_related("owner").get()
    deeper = answered(send(alice, "two", model=llama, conversation=conversation))
    assert act(f"message_{name}", deeper.question, plain=True, **once()).status_code == 302
    assert (Message.objects.count(), Conversation.objects.count()) == (4, 1)
