import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat import markdown

if TYPE_CHECKING:
    from chat.models.reply import Reply

# Segmind: what OpenAI's, Anthropic's and Gemini's formats call it.
LENGTH_REASONS = ("length", "max_tokens", "MAX_TOKENS")


@dataclass(frozen=True)
class Versions:
    """A message among those with the same parent, oldest first: it is `number` of `count`."""

    number: int
    count: int
    previous_id: uuid.UUID | None
    next_id: uuid.UUID | None
    # The lowest place on the page where there is a choice.
    is_last: bool


class Message(models.Model):
    """A turn in a conversation. An edit or a new try makes a sibling: the same parent, another message."""

    class Role(models.TextChoices):
        USER = "user", _("user")
        ASSISTANT = "assistant", _("assistant")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="messages", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    role = models.CharField(max_length=10, choices=Role)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # The browser's own id for what it sends, so that the same message arriving twice is one message.
    client_id = models.UUIDField(null=True, editable=False)
    text = models.TextField(blank=True)
    # Rendered once, when the message is finished: rendering on every view is the classic slow spot.
    stored_html = models.TextField(blank=True, editable=False)
    stored_html_version = models.PositiveSmallIntegerField(default=0, editable=False)
    # What an assistant message was asked with; every attempt at it uses the same.
    model = models.ForeignKey("LanguageModel", on_delete=models.SET_NULL, null=True, related_name="+")
    instruction = models.TextField(blank=True)
    temperature = models.FloatField(null=True, blank=True)
    # Kept here, so that those without any, which are most, cost no look for them.
    attachment_count = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # Where the path through this message ended when another version was chosen; messages may go, so no foreign key.
    last_leaf_id = models.UUIDField(null=True, editable=False)
    # One of several answers to the same question, by several models, of which none has been chosen yet.
    compared = models.BooleanField(default=False, db_default=False, editable=False)
    # What follows it is sent without it and all before it.
    starts_fresh_after = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # The latest attempt at an assistant message, or None; filled in by chat.queries for those that show it.
    reply: "Reply | None" = None
    # This message among its siblings, or None if it has none; filled in by chat.tree for those that show it.
    versions: Versions | None = None
    # The answers to choose from, this one among them, where the path ends in a comparison.
    comparison: "list[Message] | None" = None

    class Meta:
        indexes = [models.Index(fields=["author"], condition=Q(author__isnull=False), name="message_author")]
        constraints = [models.UniqueConstraint(fields=["conversation", "client_id"], name="message_sent_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    def get_absolute_url(self) -> str:
        """The conversation, opened at this message."""
        return f"{reverse('conversation', args=[self.conversation_id])}?message={self.pk}#message-{self.pk}"

    @property
    def is_from_user(self) -> bool:
        return self.role == self.Role.USER

    @property
    def is_newest(self) -> bool:
        """True at the end of the conversation's active path."""
        return self.conversation.active_leaf_id == self.pk

    @property
    def label(self) -> str:
        """Who speaks: "You", or the model's name."""
        if self.is_from_user:
            return gettext("You")
        return self.model.label if self.model else gettext("Assistant")

    @property
    def is_cut_off(self) -> bool:
        """True for an answer that the model's length limit has ended."""
        return self.reply is not None and self.reply.stop_reason in LENGTH_REASONS

    @property
    def html(self) -> SafeString:
        """The text as safe HTML, from the store if today's renderer made it."""
        return markdown.shown(self.rendered)

    @property
    def html_to_keep(self) -> SafeString:
        """The same without the buttons, for a page without our script."""
        return markdown.shown(self.rendered, with_tools=False)

    @property
    def rendered(self) -> str:
        """What `markdown.render` makes of the text; as the database has it, unless an older renderer made that."""
        return self.stored_html if self.stored_html_version == markdown.VERSION else markdown.render(self.text)
