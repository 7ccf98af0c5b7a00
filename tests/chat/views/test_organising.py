"""Rename, pin, archive, delete: by form and by htmx, and what a conversation in the trash is from then on."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation, Message, Reply
from tests.chat.sending import send

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def address(name, conversation):
    return reverse(f"conversation_{name}", args=[conversation.pk])


@pytest.fixture
def trashed(signed_in, conversation):
    response = signed_in.post(address("trash", conversation))
    assert (response.status_code, response["Location"]) == (302, "/")
    conversation.refresh_from_db()
    return conversation


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("pin", "is_pinned", True), ("unpin", "is_pinned", False), ("unarchive", "archived_at", None)],
)
def test_a_form_leads_back_to_the_conversation(signed_in, conversation, name, field, value):
    response = signed_in.post(address(name, conversation))
    assert response["Location"] == conversation.get_absolute_url()
    conversation.refresh_from_db()
    assert getattr(conversation, field) == value


def test_htmx_gets_the_top_of_the_page_with_its_new_menu(signed_in, conversation):
    page = signed_in.post(address("pin", conversation), headers=HTMX).content.decode()
    assert 'id="topbar"' in page
    assert address("unpin", conversation) in page
    assert "Pinned" in page
    assert "<html" not in page


def test_the_archive_offers_to_undo_and_lists_what_is_in_it(signed_in, conversation):
    page = signed_in.post(address("archive", conversation), headers=HTMX).content.decode()
    assert "Undo" in page
    listed = signed_in.get("/archive/")
    assert listed.context["rows"] == [conversation]
    assert conversation not in listed.context["sidebar"].page.conversations
    assert signed_in.get(conversation.get_absolute_url()).status_code == 200


def test_rename_keeps_what_was_typed_and_says_what_is_wrong(signed_in, conversation):
    assert 'value="hello"' in signed_in.get(address("title", conversation)).content.decode()
    for headers in ({}, HTMX):
        refused = signed_in.post(address("title", conversation), {"title": "x" * 201}, headers=headers)
        assert refused.status_code == 422
        assert "x" * 201 in refused.content.decode()
        assert "at most 200 characters" in refused.content.decode()
    signed_in.post(address("title", conversation), {"title": "  A <b>better</b> one "})
    conversation.refresh_from_db()
    assert conversation.title == "A <b>better</b> one"
    assert "A &lt;b&gt;better" in signed_in.get("/").content.decode()


# --- Trash --------------------------------------------------------------------
def test_deleting_stops_what_is_on_its_way_and_can_be_undone_right_there(trashed, signed_in, reply):
    assert Reply.objects.get().state == "stopped"
    page = signed_in.get("/").content.decode()
    assert "“hello” is in the trash." in page
    assert address("restore", trashed) in page
    restored = signed_in.post(address("restore", trashed))
    assert restored["Location"] == trashed.get_absolute_url()
    assert "hello" in signed_in.get(trashed.get_absolute_url()).content.decode()


def test_a_trashed_conversation_is_nowhere_but_in_the_trash(trashed, signed_in, reply):
    question = Message.objects.get(role="user")
    own = trashed.get_absolute_url()
    gone = [own, f"{own}?before={question.pk}", address("title", trashed), reverse("reply_wait", args=[reply.pk])]
    assert [signed_in.get(path).status_code for path in gone] == [404] * 4
    posts = ["pin", "unpin", "archive", "unarchive", "trash", "title"]
    assert [signed_in.post(address(name, trashed)).status_code for name in posts] == [404] * 6
    assert signed_in.post(reverse("reply_retry", args=[reply.pk])).status_code == 404
    assert "hello" not in signed_in.get("/palette/").content.decode()
    assert signed_in.get("/").context["sidebar"].page.conversations == []
    assert signed_in.get("/trash/").context["rows"] == [trashed]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_message_sent_into_the_trash_stays_in_the_box_with_the_way_out(trashed, signed_in, llama, headers):
    fields = {"client_id": uuid.uuid4(), "text": "precious words", "model": llama.slug}
    response = signed_in.post(reverse("messages", args=[trashed.pk]), fields, headers=headers)
    page = response.content.decode()
    assert response.status_code == 409
    assert "precious words" in page
    assert 'This conversation is in the trash. What you write stays here: <a href="/trash/">' in page
    assert Message.objects.filter(role="user").count() == 1


def test_deleting_for_good_takes_the_messages_and_keeps_the_ledger(trashed, signed_in):
    assert signed_in.post(address("delete", trashed))["Location"] == "/trash/"
    assert not Conversation.objects.exists()
    assert [(left.state, left.message) for left in Reply.objects.all()] == [("stopped", None)]


def test_nothing_is_deleted_for_good_that_is_not_in_the_trash(signed_in, conversation):
    for name in ("delete", "restore"):
        assert signed_in.post(address(name, conversation)).status_code == 404
    assert Conversation.objects.exists()


def test_emptying_the_trash_says_how_much_that_was(trashed, signed_in):
    assert "1 conversation is gone for good." in signed_in.post("/trash/emptying/", follow=True).content.decode()
    assert not Conversation.objects.exists()


def test_a_stranger_changes_nothing(client, conversation, charlie):
    client.force_login(charlie)
    names = ("title", "pin", "unpin", "archive", "unarchive", "trash", "restore", "delete")
    assert {client.post(address(name, conversation), {"title": "x"}).status_code for name in names} == {404}


@pytest.mark.parametrize(("path", "field"), [("/archive/", "archived_at"), ("/trash/", "trashed_at")])
def test_lists_of_what_was_put_away_are_paged_at_a_constant_cost(
    signed_in, alice, alice_key, llama, path, field, django_assert_num_queries
):
    now = timezone.now()
    made = [send(alice, f"talk {number:02}", model=llama).question.conversation for number in range(32)]
    Conversation.objects.filter(pk__in=[one.pk for one in made[:2]]).update(**{field: now})
    signed_in.get(path)
    with django_assert_num_queries(5):
        assert "talk 01" in signed_in.get(path).content.decode()
    Conversation.objects.update(**{field: now})
    with django_assert_num_queries(5):
        first = signed_in.get(path)
    second = signed_in.get(path + first.context["next_page"])
    titles = [row.title for page in (first, second) for row in page.context["rows"]]
    assert sorted(titles) == [f"talk {number:02}" for number in range(32)]
    assert second.context["next_page"] == ""
