"""The only road from an id in an address to an object: always through a user. A stranger's thing is a 404."""

from typing import cast
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import ApiKey, User
from chat.models import Budget, Conversation, Message, Reply
from chat.models.shelved import Shelved


def conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """The person's own conversation. Raises Http404."""
    return get_object_or_404(Conversation.objects.visible_to(user), pk=conversation_id)


def conversation_to_write_in(user: User, conversation_id: UUID) -> Conversation:
    """The person's own conversation, or a new one under an id that nobody has yet. Raises Http404 for another's."""
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        return Conversation(pk=conversation_id, owner=user)
    if conversation.owner_id != user.pk:
        raise Http404
    conversation.owner = user
    return conversation


def id_from(text: str) -> UUID:
    """An id that came as a request parameter. Raises Http404 if it is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def message_for(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    """A message of the person's own conversation. Raises Http404."""
    own = Message.objects.filter(conversation__in=Conversation.objects.visible_to(user))
    return get_object_or_404(own, conversation_id=conversation_id, pk=message_id)


def reply_for(user: User, reply_id: UUID) -> Reply:
    """A reply in the person's own conversation, with that, its message and the message's model. Raises Http404."""
    replies = Reply.objects.visible_to(user).select_related("message__conversation", "message__model")
    return get_object_or_404(replies, pk=reply_id)


def budget_for(user: User, budget_id: int) -> Budget:
    """A budget that may bind the person, with its amounts, but for their own limits. Raises Http404."""
    binding = Budget.objects.that_bind(user)
    binding |= Budget.objects.filter(conversation__in=Conversation.objects.visible_to(user))
    binding |= Budget.objects.filter(api_key__in=ApiKey.objects.available_to(user))
    return get_object_or_404(binding.filter(is_own=False).with_scope().with_amounts(), pk=budget_id)


def shelved_for[Thing: Shelved](user: User, kind: type[Thing], thing_id: UUID) -> Thing:
    """A saved prompt or a preset that the person may use. Raises Http404."""
    return cast("Thing", get_object_or_404(kind.objects.visible_to(user), pk=thing_id))


def shelved_to_change[Thing: Shelved](user: User, kind: type[Thing], thing_id: UUID) -> Thing:
    """A saved prompt or a preset that the person may change. Raises Http404."""
    return cast("Thing", get_object_or_404(kind.objects.editable_by(user), pk=thing_id))
