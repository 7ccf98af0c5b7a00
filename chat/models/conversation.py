import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address
from chat.models.reply import RUNNING, Reply

if TYPE_CHECKING:
    from accounts.models import User

TITLE_CHARACTERS = 80
TRASH_KEEPS = timedelta(days=30)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def owned_by(self, user: "User") -> "ConversationQuerySet":
        """Only one's own: administrators don't read other people's conversations."""
        return self.filter(owner=user)

    def visible_to(self, user: "User") -> "ConversationQuerySet":
        """One's own, but for those in the trash."""
        return self.owned_by(user).filter(trashed_at=None)

    def listed(self) -> "ConversationQuerySet":
        """Neither in the archive nor in the trash."""
        return self.filter(archived_at=None, trashed_at=None)

    def newest_first(self) -> "ConversationQuerySet":
        return self.order_by("-updated_at", "-pk")

    def pinned_first(self) -> "ConversationQuerySet":
        """As the side bar has them."""
        return self.order_by("-is_pinned", "-updated_at", "-pk")

    def with_latest_answer(self) -> "ConversationQuerySet":
        """Each with what its marks tell: the state and the end of the newest reply at the end of the active path."""
        replies = Reply.objects.filter(message=OuterRef("active_leaf")).order_by("-created_at")
        return self.annotate(
            answer_id=Subquery(replies.values("pk")[:1]),
            answer_state=Subquery(replies.values("state")[:1]),
            answer_finished_at=Subquery(replies.values("finished_at")[:1]),
        )


class Conversation(models.Model):
    """A tree of messages with one active path, which ends at `active_leaf`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(_("title"), max_length=200)
    model = models.ForeignKey("LanguageModel", on_delete=models.SET_NULL, null=True, related_name="+")
    instruction = models.TextField(_("instruction"), blank=True)
    temperature = models.FloatField(_("temperature"), null=True, blank=True)
    # Which key is to pay in it; NULL leaves it to the person's default and the team.
    api_key = models.ForeignKey(
        "accounts.ApiKey", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    active_leaf = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, related_name="+")
    # The message up to which this is a copy of another conversation; that may be gone, so no foreign key.
    origin_id = models.UUIDField(null=True, editable=False)
    # Where it was copied from, as a sentence; "" for one that began here.
    copied_from = models.CharField(max_length=300, blank=True, db_default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(db_index=False)
    # When its person last had it before their eyes; NULL in those from before this was noted, where nothing is unread.
    seen_at = models.DateTimeField(null=True, editable=False)
    is_pinned = models.BooleanField(default=False, db_default=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)

    # Of a new one whose preset asks for a model that was removed: its label.
    gone_model = ""
    # Of the newest reply; filled in by `with_latest_answer`.
    answer_id: uuid.UUID | None = None
    answer_state: str | None = None
    answer_finished_at: datetime | None = None

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["api_key"], condition=Q(api_key__isnull=False), name="conversation_api_key"),
            models.Index(
                fields=["owner", "-is_pinned", "-updated_at", "-id"],
                condition=Q(archived_at=None, trashed_at=None),
                name="conversation_listed",
            ),
            models.Index(
                fields=["owner", "-archived_at", "-id"],
                condition=Q(archived_at__isnull=False, trashed_at=None),
                name="conversation_archived",
            ),
            models.Index(
                fields=["owner", "-trashed_at", "-id"],
                condition=Q(trashed_at__isnull=False),
                name="conversation_trashed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return address("conversation", self.pk)

    def note_answer(self, reply: Reply | None) -> None:
        """Fill in what its marks tell, from its newest reply."""
        if reply:
            self.answer_id, self.answer_state, self.answer_finished_at = reply.pk, reply.state, reply.finished_at

    @property
    def is_waiting(self) -> bool:
        """True while its newest answer is on the way."""
        return self.answer_state in RUNNING

    @property
    def is_unread(self) -> bool:
        """True if an answer has ended since the person last looked; one that they stopped is no news."""
        if self.answer_state in (None, Reply.State.STOPPED) or not self.answer_finished_at or not self.seen_at:
            return False
        return self.answer_finished_at > self.seen_at

    @property
    def purged_at(self) -> datetime | None:
        """When it goes from the trash for good."""
        return self.trashed_at + TRASH_KEEPS if self.trashed_at else None

    @property
    def is_new(self) -> bool:
        """True while it has an id, given out with an empty page, but no row yet."""
        return self._state.adding

    @staticmethod
    def title_from(text: str) -> str:
        """A title costs nothing: it is cut from the first message."""
        return Truncator(" ".join(text.split())).chars(TITLE_CHARACTERS)
