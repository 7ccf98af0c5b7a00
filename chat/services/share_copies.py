"""A reader goes on where a link ends, in a conversation of their own."""

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from chat import markdown
from chat.models import Conversation, LanguageModel, Message, Share, Snapshot
from chat.services.snapshots import Shown, shown_in


@transaction.atomic
def continue_in_copy(*, share: Share, reader: User) -> Conversation:
    """What the link shows, as the reader's own conversation: with its model and, if shown, its instruction.

    Raises Snapshot.DoesNotExist if it was revoked this moment.
    """
    snapshot = Snapshot.objects.select_related("model", "share__owner").get(share=share)
    conversation = Conversation.objects.create(
        owner=reader,
        title=snapshot.title,
        model=snapshot.model if snapshot.model and snapshot.model.enabled else None,
        instruction=snapshot.instruction,
        copied_from=source_of(snapshot.share),
        updated_at=timezone.now(),
    )
    messages = copies_of(shown_in(snapshot), conversation)
    Message.objects.bulk_create(messages)
    conversation.active_leaf = messages[-1] if messages else None
    conversation.save(update_fields=["active_leaf"])
    return conversation


def copies_of(shown: list[Shown], conversation: Conversation) -> list[Message]:
    """Answers have no reply: nothing was asked, and nothing billed, for these."""
    models = {model.label: model for model in LanguageModel.objects.all()}
    copies: list[Message] = []
    for message in shown:
        copy = Message(conversation=conversation, role=message.role, text=message.text)
        copy.parent = copies[-1] if copies else None
        if message.is_from_user:
            copy.author = conversation.owner
        else:
            copy.model = models.get(message.label)
            copy.stored_html, copy.stored_html_version = message.html, markdown.VERSION
        copies.append(copy)
    return copies


def source_of(share: Share) -> str:
    when = date_format(timezone.localtime(share.published_at), "DATE_FORMAT")
    if share.with_names:
        return _("Continued from a conversation that %(name)s shared on %(date)s.") % {
            "name": share.owner.name,
            "date": when,
        }
    return _("Continued from a conversation that was shared on %(date)s.") % {"date": when}
