"""Verbs on the tree of a conversation: another branch, another version, another path, a copy, an end.

All of them hold the conversation's row. Who sends at that moment finds its end moved and goes behind it, as they would
behind another message (`chat.services.messages.Overtaken`), so that nothing is lost either way.
"""

import uuid
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import tree
from chat.models import Attachment, Conversation, LanguageModel, Message, Reply
from chat.models.reply import State
from chat.queries import path_to
from chat.services.attachments import copy_attachments, enclose
from chat.services.messages import Turn, answer_to, queue_reply, turn_of
from chat.services.replies import CannotSee, has_images, stop_reply

ROWS_AT_ONCE = 200


class Gone(Exception):
    """The message or its conversation is no longer there."""


class NotFinished(Exception):
    """There is no answer yet of which another version could be made."""


class NotOnOffer(Exception):
    """The model that is to answer is no longer on offer."""


class OnlyAnswer(Exception):
    """An only answer goes with its question, or not at all: a path never ends with a question alone."""


@transaction.atomic
def edit_message(*, message: Message, client_id: UUID, text: str, model: LanguageModel) -> Turn:
    """Ask something else in the place of a question: a branch of its own, with its own reply. The old one stays.

    Its files go along. The same `client_id` with the same text returns what exists. Raises SentOtherText, CannotSee,
    NoUsableKey and Gone.
    """
    conversation = locked(message.conversation_id)
    if sent_before := sent_as(conversation, client_id):
        return turn_of(sent_before, text, list(sent_before.attachments.all()))
    still_there(message)
    if not model.reads_images and has_images(message):
        raise CannotSee
    turn = ask(conversation, parent_id=message.parent_id, client_id=client_id, text=text, models=[model])
    if message.attachment_count:
        copy_attachments(source=message, to=turn.question)
    return turn


@transaction.atomic
def continue_answer(*, answer: Message, client_id: UUID, text: str) -> Turn:
    """Ask the same model to go on with an answer that was cut off: `text` is a turn like any other, and shown as such.

    Raises NoUsableKey, NotOnOffer and Gone; SentOtherText if the same `client_id` came with another text.
    """
    conversation = locked(answer.conversation_id)
    if sent_before := sent_as(conversation, client_id):
        return turn_of(sent_before, text, [])
    still_there(answer)
    model = on_offer(answer.model, conversation.owner_id)
    return ask(conversation, parent_id=answer.pk, client_id=client_id, text=text, models=[model])


@transaction.atomic
def new_version(*, answer: Message, client_id: UUID, model: LanguageModel | None = None) -> Message:
    """Another answer to the same question, by the same model or another one, beside the one that is there.

    The same `client_id` returns what exists. Raises NotFinished, NotOnOffer, CannotSee, NoUsableKey and Gone. What
    failed is tried again within its message: see `chat.services.replies.try_again`.
    """
    conversation = locked(answer.conversation_id)
    if made_before := conversation.messages.filter(client_id=client_id, role=Message.Role.ASSISTANT).first():
        return made_before
    still_there(answer)
    latest = answer.replies.order_by("-created_at").first()
    if answer.parent is None or (latest and latest.state != State.COMPLETED):
        raise NotFinished
    chosen = on_offer(model or answer.model, conversation.owner_id)
    if not chosen.reads_images and has_images(answer.parent):
        raise CannotSee
    version = answer_to(
        answer.parent,
        model=chosen,
        instruction=answer.instruction or conversation.instruction,
        temperature=conversation.temperature if answer.temperature is None else answer.temperature,
    )
    version.client_id, version.conversation = client_id, conversation
    version.save(force_insert=True)
    queue_reply(version, chosen=conversation.api_key_id)
    move_path(conversation, leaf=version.pk, updated_at=timezone.now())
    return version


@transaction.atomic
def choose_version(*, message: Message) -> None:
    """Take the path through this message, to where it was last left there. A comparison is decided by it."""
    conversation = locked(message.conversation_id)
    still_there(message)
    if message.compared:
        Message.objects.filter(parent=message.parent_id, compared=True).update(compared=False)
    move_path(conversation, leaf=tree.leaf_below(message.pk))


def delete_branch(*, message: Message) -> None:
    """Remove a message and all below it; what is running there is stopped, and followed in the ledger to its cost.

    A path that went through it goes on through the nearest version, else it ends above. Raises OnlyAnswer and Gone.
    """
    # Committed by itself: who sends at this moment holds the end of the path that they saw, and waits for its
    # conversation. Once the path has moved they start anew, and what is removed then is held by nobody.
    removed = False
    while not removed:
        step_aside(message)
        removed = remove(message)


@transaction.atomic
def step_aside(message: Message) -> None:
    conversation = locked(message.conversation_id)
    still_there(message)
    siblings = list(siblings_of(message).order_by("created_at", "pk").values_list("pk", flat=True))
    if not message.is_from_user and len(siblings) == 1:
        raise OnlyAnswer
    if conversation.active_leaf_id in tree.below(message.pk):
        place = siblings.index(message.pk)
        others = [*reversed(siblings[:place]), *siblings[place + 1 :]]
        move_path(conversation, leaf=tree.leaf_below(others[0]) if others else message.parent_id)


@transaction.atomic
def remove(message: Message) -> bool:
    """False if somebody has come back to it meanwhile."""
    conversation = locked(message.conversation_id)
    going = tree.below(message.pk)
    if conversation.active_leaf_id in going:
        return False
    for reply in Reply.objects.filter(message__in=going).running().select_for_update(of=("self",)):
        stop_reply(reply=reply)
    Message.objects.filter(pk__in=going).delete()
    return True


@transaction.atomic
def start_from(*, message: Message, conversation_id: UUID, owner: User) -> Conversation:
    """A conversation of one's own under this new id, with a copy of the path down to the message.

    What was asked and paid stays where it was: copied answers have no replies. The same id returns what exists.
    Raises Gone where the id is somebody else's.
    """
    source = message.conversation
    defaults: dict[str, Any] = {
        field: getattr(source, field) for field in ("title", "model", "instruction", "temperature", "api_key_id")
    }
    defaults |= {"owner": owner, "origin_id": message.pk, "updated_at": timezone.now()}
    made, is_new = Conversation.objects.get_or_create(pk=conversation_id, defaults=defaults)
    if made.owner_id != owner.pk:
        raise Gone
    if is_new and (path := path_to(message.pk)):
        sources = [Message(pk=each.pk) for each in path]
        copies = copies_of(path, made)
        Message.objects.bulk_create(copies, batch_size=ROWS_AT_ONCE)
        for original, copy in zip(sources, copies, strict=True):
            if copy.attachment_count:
                copy_attachments(source=original, to=copy)
        made.active_leaf = copies[-1]
        made.save(update_fields=["active_leaf"])
    return made


def copies_of(path: list[Message], conversation: Conversation) -> list[Message]:
    """The same turns as rows of another conversation, not stored yet."""
    parent_id = None
    for message in path:
        message.pk, message.parent_id, message.conversation = uuid.uuid4(), parent_id, conversation
        message.client_id, message.last_leaf_id, message.compared = None, None, False
        message._state.adding = True
        parent_id = message.pk
    return path


# --- What they share ------------------------------------------------------------
def locked(conversation_id: UUID) -> Conversation:
    """The conversation, which nobody else changes until the end of the transaction. Raises Gone."""
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True).select_related("owner", "model")
    conversation = rows.filter(pk=conversation_id, trashed_at=None).first()
    if conversation is None:
        raise Gone
    return conversation


def still_there(message: Message) -> None:
    """To be asked under the conversation's lock. Raises Gone."""
    try:
        message.refresh_from_db(fields=["parent", "compared"])
    except Message.DoesNotExist as error:
        raise Gone from error


def sent_as(conversation: Conversation, client_id: UUID) -> Message | None:
    return conversation.messages.filter(client_id=client_id, role=Message.Role.USER).first()


def siblings_of(message: Message) -> Any:
    """All versions of the message, itself among them."""
    return Message.objects.filter(conversation=message.conversation_id, parent=message.parent_id)


def on_offer(model: LanguageModel | None, person_id: int) -> LanguageModel:
    """Raises NotOnOffer. One query."""
    if model is None or not LanguageModel.objects.on_offer_to(person_id).filter(pk=model.pk).exists():
        raise NotOnOffer
    return model


def ask(
    conversation: Conversation,
    *,
    parent_id: UUID | None,
    client_id: UUID,
    text: str,
    models: list[LanguageModel],
    attachments: Sequence[Attachment] = (),
) -> Turn:
    """A question below `parent_id`, an answer of each model with a reply of its own, and the path to the first.

    The conversation is locked. Raises NoUsableKey and chat.services.attachments.AttachmentGone.
    """
    question = Message(
        conversation=conversation,
        parent_id=parent_id,
        role=Message.Role.USER,
        author=conversation.owner,
        client_id=client_id,
        text=text,
        attachment_count=len(attachments),
    )
    answers = [
        answer_to(question, model=model, instruction=conversation.instruction, temperature=conversation.temperature)
        for model in models
    ]
    for answer in answers:
        answer.conversation, answer.compared = conversation, len(answers) > 1
    Message.objects.bulk_create([question, *answers])
    enclose(message=question, attachments=attachments)
    for answer in answers:
        queue_reply(answer, chosen=conversation.api_key_id)
    now = timezone.now()
    move_path(conversation, leaf=answers[0].pk, updated_at=now, seen_at=now, archived_at=None)
    if len(answers) > 1:
        answers[0].comparison = answers
    return Turn(question, answers[0])


def move_path(conversation: Conversation, *, leaf: UUID | None, **changes: Any) -> None:
    """Let the active path end at `leaf`. The conversation is locked."""
    if leaf != conversation.active_leaf_id:
        tree.remember_left(old=conversation.active_leaf_id, new=leaf)
    changes["active_leaf_id"] = leaf
    Conversation.objects.filter(pk=conversation.pk).update(**changes)
    for name, value in changes.items():
        setattr(conversation, name, value)
