"""Verbs on a reply that a person uses: stop it, try again."""

from django.db import transaction

from chat.models import Attachment, LanguageModel, Message, Reply
from chat.models.reply import State
from chat.services.messages import queue_reply


class StillRunning(Exception):
    """There is a live reply for this message, so another one is not started."""


class NotOffered(Exception):
    """The model is not, or no longer, one that the person may choose."""


class NeedsConfirmation(Exception):
    """The attempt before may have been billed: sending again may cost twice, and only a person may decide that."""


class CannotSee(Exception):
    """The question came with images, and the model that was chosen reads none."""


@transaction.atomic
def stop_reply(*, reply: Reply) -> bool:
    """The person no longer wants it. Segmind can't call back what it has; delivery follows that to its cost.

    False when it had ended in the meantime.
    """
    # Under lock: a worker may be claiming it just now, and that is no reason not to stop it.
    reply.refresh_from_db(from_queryset=Reply.objects.select_for_update(of=("self",)))
    if not reply.is_running:
        return False
    was_sent = reply.state != State.QUEUED
    return reply.move(to=State.STOPPED, billed=Reply.Billed.UNKNOWN if was_sent else Reply.Billed.NO)


@transaction.atomic
def try_again(*, reply: Reply, model: LanguageModel | None = None, confirmed: bool = False) -> Message:
    """A new attempt at the same assistant message, by the same model or another one.

    Raises StillRunning, NeedsConfirmation (unless `confirmed`), CannotSee, NotOffered and
    chat.services.messages.NoUsableKey.
    """
    answer = (
        Message.objects.select_for_update(of=("self",))
        .select_related("model", "conversation__owner", "parent")
        .get(replies=reply)
    )
    latest = answer.replies.latest("created_at")
    if latest.is_running or latest.state == State.COMPLETED:
        raise StillRunning
    if latest.billed != Reply.Billed.NO and not confirmed:
        raise NeedsConfirmation
    if model and not model.reads_images and has_images(answer.parent):
        raise CannotSee
    if model and model != answer.model:
        answer.model = model
        answer.save(update_fields=["model"])
    owner = answer.conversation.owner
    if answer.model is None or not LanguageModel.objects.on_offer_to(owner).filter(pk=answer.model.pk).exists():
        raise NotOffered
    queue_reply(answer, chosen=answer.conversation.api_key_id)
    return answer


def has_images(question: Message | None) -> bool:
    if question is None or not question.attachment_count:
        return False
    return question.attachments.filter(kind=Attachment.Kind.IMAGE).exists()
