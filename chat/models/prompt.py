from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from chat.models.shelved import Shelved
from chat.placeholders import Outline, outline

LONGEST_PROMPT = 20_000
MOST_VARIABLES = 10


class Prompt(Shelved):
    """A text to send again and again, with variables in it, as in chat.placeholders."""

    MOST_ON_A_SHELF = 200
    CONTENT = ("text",)

    text = models.TextField(_("text"))

    class Meta(Shelved.Meta):
        verbose_name = _("saved prompt")
        verbose_name_plural = _("saved prompts")

    @cached_property
    def outline(self) -> Outline:
        return outline(self.text)

    @property
    def summary(self) -> str:
        """How it begins, in one line."""
        return Truncator(" ".join(self.text[:500].split())).chars(120)

    @property
    def use_url(self) -> str:
        """Where it comes into the box of a new conversation, by way of its variables."""
        return (
            reverse("prompt_use", args=[self.pk]) if self.outline.variables else f"{reverse('home')}?prompt={self.pk}"
        )
