"""The seeded world is one that Parley itself could have made."""

from decimal import Decimal

import pytest
from django.db.models import Count, Sum

from accounts.models import ApiKey, Group, User
from chat.models import Conversation, LedgerEntry, Message, Reply
from chat.services.usage import roll_up_what_is_over
from tests.seed import world

pytestmark = pytest.mark.django_db


def test_small_world_is_whole_and_its_books_agree():
    size = world.SIZES["small"]
    world.fill(size)
    assert (User.objects.count(), Group.objects.count()) == (size.people, size.groups)
    assert Reply.objects.count() == size.replies
    assert Message.objects.count() == 2 * size.replies
    assert 0 < Conversation.objects.count() <= size.conversations
    assert not Conversation.objects.exclude(active_leaf__conversation_id__isnull=False).exists()
    settled = LedgerEntry.objects.filter(kind="settle").aggregate(sum=Sum("amount"))["sum"]
    assert settled == Reply.objects.filter(billed="yes").aggregate(sum=Sum("cost"))["sum"] > Decimal(0)
    states = dict(Reply.objects.values_list("state").annotate(Count("pk")))
    assert {"completed", "failed", "stopped"} <= set(states)
    assert not ApiKey.objects.filter(balance__lt=0).exists()
    assert roll_up_what_is_over() > 200


def test_database_with_people_in_it_is_left_alone(alice, bob):
    with pytest.raises(world.NotEmpty):
        world.fill(world.SIZES["small"])
    assert User.objects.count() == 2
