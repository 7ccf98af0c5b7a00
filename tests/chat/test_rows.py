"""Written statements whose rows become objects."""

import uuid

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.rows import columns, fetch
from chat import access
from chat.models import LanguageModel, Message, Reply

pytestmark = pytest.mark.django_db
JOINED = {"reply": Reply, "model": LanguageModel}
STATEMENT = f"""
    SELECT {columns(JOINED)}, 7 AS seven
    FROM chat_reply reply LEFT JOIN chat_languagemodel model ON model.id = reply.model_id AND model.slug = %(slug)s
"""


def test_each_row_has_an_object_for_each_table_and_what_else_was_selected(reply, llama):
    [[found, model, seven]] = fetch(STATEMENT, {"slug": llama.slug}, JOINED)
    assert [found, model, seven] == [reply, llama, 7]
    for one, other in ((found, reply), (model, llama)):
        names = [field.attname for field in one._meta.concrete_fields]
        assert {name: getattr(one, name) for name in names} == {name: getattr(other, name) for name in names}
    assert not found._state.adding


def test_what_was_not_joined_is_none(reply):
    [[found, model, _]] = fetch(STATEMENT, {"slug": "another"}, JOINED)
    assert (found, model) == (reply, None)


def test_the_written_statement_shows_the_replies_that_the_query_set_does(alice, bob, reply, django_assert_num_queries):
    conversation = reply.message.conversation

    def is_shown(person):
        try:
            with django_assert_num_queries(1):
                shown = access.reply_for(person, reply.pk)
        except Http404:
            return False
        with django_assert_num_queries(0):
            assert shown.message.conversation == conversation
            assert shown.message.model.pk == reply.model_id
        return True

    def same(person):
        shown = is_shown(person)
        assert shown == Reply.objects.visible_to(person).filter(pk=reply.pk).exists()
        return shown

    assert (same(alice), same(bob)) == (True, False)
    type(conversation).objects.update(trashed_at=timezone.now())
    assert not same(alice)
    type(conversation).objects.update(trashed_at=None)
    Message.objects.update(model=None)
    assert access.reply_for(alice, reply.pk).message.model is None
    Reply.objects.update(message=None)
    assert not same(alice)
    with pytest.raises(Http404):
        access.reply_for(alice, uuid.uuid4())
