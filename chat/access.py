"""The only road from an id in an address to an object: always through a user. A stranger's thing is a 404."""

from typing import cast
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import ApiKey, User
from accounts.prepared import Prepared, argument
from accounts.requests import SignedInRequest
from accounts.rows import columns, fetch
from chat.models import Attachment, Budget, Conversation, LanguageModel, Message, Reply, Share, ShareReport
from chat.models.shelved import Shelved

# As Reply.objects.visible_to has it.
SHOWN = {"reply": Reply, "message": Message, "conversation": Conversation, "model": LanguageModel}
VISIBLE_REPLY = f"""
    SELECT {columns(SHOWN)}
    FROM chat_reply reply
    JOIN chat_message message ON message.id = reply.message_id
    JOIN chat_conversation conversation ON conversation.id = message.conversation_id
    LEFT JOIN chat_languagemodel model ON model.id = message.model_id
    WHERE reply.id = %(reply_id)s AND reply.owner_id = %(owner_id)s AND conversation.trashed_at IS NULL
"""

CONVERSATION = Prepared(lambda: Conversation.objects.filter(pk=argument("id")))


def conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """The person's own conversation. Raises Http404."""
    conversation = get_object_or_404(Conversation.objects.visible_to(user), pk=conversation_id)
    conversation.owner = user  # known, and so not looked up again
    return conversation


def trashed_conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """The person's own conversation in the trash. Raises Http404."""
    return get_object_or_404(Conversation.objects.owned_by(user).exclude(trashed_at=None), pk=conversation_id)


def conversation_to_write_in(user: User, conversation_id: UUID) -> Conversation:
    """The person's own conversation, be it in the trash, or a new one under an id that nobody has yet.

    Raises Http404 for another's.
    """
    found = CONVERSATION.objects(id=conversation_id)
    if not found:
        return Conversation(pk=conversation_id, owner=user)
    conversation = found[0]
    if conversation.owner_id != user.pk:
        raise Http404
    conversation.owner = user
    return conversation


def conversation_before(request: SignedInRequest) -> Conversation | None:
    """The last row of the page before, from ?before=; it may have gone to the trash since. Raises Http404."""
    before = request.GET.get("before")
    return get_object_or_404(Conversation.objects.owned_by(request.user), pk=id_from(before)) if before else None


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


def own_message(user: User, message_id: UUID) -> Message:
    """A message of the person's own, with its conversation and its model. Raises Http404."""
    own = Message.objects.filter(conversation__in=Conversation.objects.visible_to(user))
    message = get_object_or_404(own.select_related("conversation", "model"), pk=message_id)
    message.conversation.owner = user
    return message


def reply_for(user: User, reply_id: UUID) -> Reply:
    """A reply in the person's own conversation, with that, its message and the message's model. Raises Http404."""
    rows = fetch(VISIBLE_REPLY, {"reply_id": reply_id, "owner_id": user.pk}, SHOWN)
    if not rows:
        raise Http404
    [[reply, message, message.conversation, message.model]] = rows
    reply.message = message
    return cast("Reply", reply)


def budget_for(user: User, budget_id: int) -> Budget:
    """A budget that may bind the person, with its amounts, but for their own limits. Raises Http404."""
    binding = Budget.objects.that_bind(user)
    binding |= Budget.objects.filter(conversation__in=Conversation.objects.visible_to(user))
    binding |= Budget.objects.filter(api_key__in=ApiKey.objects.available_to(user))
    return get_object_or_404(binding.filter(is_own=False).with_scope().with_amounts(), pk=budget_id)


def attachment_for(user: User, attachment_id: UUID) -> Attachment:
    """A file of the person's own, sent or not. Raises Http404."""
    return get_object_or_404(Attachment.objects.visible_to(user).light(), pk=attachment_id)


def attachments_for(user: User, ids: list[UUID]) -> list[Attachment]:
    """Files of the person's own in this order; those that are not there, or another's, are left out."""
    own = Attachment.objects.visible_to(user).light().in_bulk(ids)
    return [own[attachment_id] for attachment_id in dict.fromkeys(ids) if attachment_id in own]


def share_for(user: User, share_id: UUID) -> Share:
    """A link of the person's own, with its conversation. Raises Http404."""
    shares = Share.objects.visible_to(user).select_related("conversation__owner", "conversation__model")
    return get_object_or_404(shares, pk=share_id)


def share_to_look_at(user: User, share_id: UUID) -> Share:
    """What a link shows: one's own, or for administrators one that was reported. Raises Http404."""
    may_look = Q(owner=user)
    if user.is_administrator:
        may_look |= Q(pk__in=ShareReport.objects.values("share"))
    return get_object_or_404(Share.objects.filter(may_look), pk=share_id)


def shelved_for[Thing: Shelved](user: User, kind: type[Thing], thing_id: UUID) -> Thing:
    """A saved prompt or a preset that the person may use. Raises Http404."""
    return cast("Thing", get_object_or_404(kind.objects.visible_to(user), pk=thing_id))


def shelved_to_change[Thing: Shelved](user: User, kind: type[Thing], thing_id: UUID) -> Thing:
    """A saved prompt or a preset that the person may change. Raises Http404."""
    return cast("Thing", get_object_or_404(kind.objects.editable_by(user), pk=thing_id))
