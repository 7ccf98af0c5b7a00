import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

TITLE_CHARACTERS = 80


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: "User") -> "ConversationQuerySet":
        """Only one's own: administrators don't read other people's conversations."""
        return self.filter(owner=user)

    def newest_first(self) -> "ConversationQuerySet":
        return self.order_by("-updated_at", "-pk")


class Conversation(models.Model):
    """A tree of messages with one active path, which ends at `active_leaf`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(_("title"), max_length=200)
    model = models.ForeignKey("LanguageModel", on_delete=models.SET_NULL, null=True, related_name="+")
    instruction = models.TextField(_("instruction"), blank=True)
    temperature = models.FloatField(_("temperature"), null=True, blank=True)
    # Which key is to pay in it; NULL leaves it to the person's default and the team.
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.SET_NULL, null=True, related_name="+")
    active_leaf = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, related_name="+")
    # Where it was copied from, as a sentence; "" for one that began here.
    origin = models.CharField(max_length=300, blank=True, db_default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(db_index=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-updated_at", "-id"], name="conversation_newest_first")]

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("conversation", args=[self.pk])

    @property
    def is_new(self) -> bool:
        """True while it has an id, given out with an empty page, but no row yet."""
        return self._state.adding

    @staticmethod
    def title_from(text: str) -> str:
        """A title costs nothing: it is cut from the first message."""
        return Truncator(" ".join(text.split())).chars(TITLE_CHARACTERS)
