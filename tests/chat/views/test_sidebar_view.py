"""The list as it is now, and waiting for what is on its way in other conversations."""

from django.utils import timezone

from chat.live import listener
from chat.models import Conversation
from chat.sidebar import PAGE_OF_CONVERSATIONS
from tests.chat.sending import send


def test_looking_at_a_conversation_makes_it_read(client, alice, conversation, reply, deliver):
    client.force_login(alice)
    other = f"/sidebar/?here={Conversation(owner=alice).pk}"
    assert "data-waiting" in client.get(other).content.decode()
    deliver(reply)
    assert "data-unread" in client.get(other).content.decode()
    assert "data-unread" in client.get("/").content.decode()

    seen = client.get(f"/sidebar/?here={conversation.pk}").content.decode()
    assert 'aria-current="page"' in seen
    assert "data-unread" not in seen
    assert "data-unread" not in client.get(other).content.decode()


def test_opening_a_conversation_makes_it_read(client, alice, conversation, reply, deliver):
    deliver(reply)
    client.force_login(alice)
    assert "data-unread" in client.get("/").content.decode()
    assert "data-unread" not in client.get(conversation.get_absolute_url()).content.decode()
    assert "data-unread" not in client.get("/").content.decode()


def test_nobody_reads_for_somebody_else(client, charlie, conversation, reply, deliver, alice):
    deliver(reply)
    client.force_login(charlie)
    assert str(conversation.pk) not in client.get(f"/sidebar/?here={conversation.pk}").content.decode()
    client.force_login(alice)
    assert "data-unread" in client.get("/sidebar/").content.decode()


def test_a_look_brings_as_many_rows_as_there_were(client, alice, alice_key, llama, django_assert_num_queries):
    for number in range(PAGE_OF_CONVERSATIONS + 5):
        send(alice, f"talk {number}", model=llama)
    client.force_login(alice)
    for asked, expected in (("", 30), ("3", 30), ("34", 34), ("99", 35), ("odd", 30), ("-1", 30), ("99999999", 30)):
        with django_assert_num_queries(3):
            page = client.get(f"/sidebar/?rows={asked}").context["page"]
        assert len(page.conversations) == expected
    assert client.get("/sidebar/?here=odd").status_code == 404


def test_a_wait_ends_at_once_when_an_answer_that_is_shown_as_waiting_is_there(client, alice, conversation, reply):
    client.force_login(alice)
    address = f"/sidebar/wait/?reply={reply.pk}"
    waiting = client.get(address)
    assert waiting.status_code == 204
    assert waiting.bell.reply_ids == [str(reply.pk)]
    waiting.bell.take_down()
    assert str(reply.pk) not in listener.bells

    reply.move(to="stopped", finished_at=timezone.now())
    assert client.get(address).status_code == 200
    assert str(reply.pk) not in listener.bells


def test_a_wait_tells_nothing_about_other_peoples_replies(client, charlie, reply):
    client.force_login(charlie)
    for reply_id in (reply.pk, "3f0c9a52-8b7e-4f0d-9f43-0c3f9ad3a001"):
        assert client.get(f"/sidebar/wait/?reply={reply_id}").status_code == 200
    assert client.get("/sidebar/wait/?reply=odd").status_code == 404
    assert str(reply.pk) not in listener.bells
