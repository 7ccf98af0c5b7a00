from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

RESERVED_TIMES_AVERAGE = 4
# The dearest of the published ones, for a model whose cost is not.
UNPUBLISHED_COST = Decimal("0.08")
# So many answers say more about the next one's cost than Segmind's average does.
ENOUGH_ANSWERS = 5


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def on_offer(self) -> "LanguageModelQuerySet":
        """The models that people may choose, in the order an administrator gave them."""
        return self.filter(enabled=True).order_by("position", "label")


class LanguageModel(models.Model):
    """A row of the catalogue: data, not code, since all of Segmind's chat models answer the same two calls."""

    class WireFormat(models.TextChoices):
        ANTHROPIC = "anthropic", "Anthropic"
        OPENAI = "openai", "OpenAI"
        GEMINI = "gemini", "Gemini"

    class Version(models.TextChoices):
        V1 = "v1", _("v1: one call that waits for the answer")
        V2 = "v2", _("v2: submit, then ask until it is there")

    slug = models.SlugField(_("slug"), max_length=100, unique=True, help_text=_("Segmind's name, as in the address."))
    label = models.CharField(_("label"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)
    wire_format = models.CharField(_("wire format"), max_length=20, choices=WireFormat)
    version = models.CharField(_("API version"), max_length=2, choices=Version, default=Version.V2)
    has_instruction = models.BooleanField(_("takes an instruction"), default=True)
    has_temperature = models.BooleanField(_("takes a temperature (0 to 1)"), default=False)
    reads_images = models.BooleanField(_("reads images"), default=False)
    context_tokens = models.PositiveIntegerField(
        _("context budget, in tokens"),
        default=100_000,
        validators=[MinValueValidator(1)],
        help_text=_("How much of a long conversation is sent. Leave room for the answer below the model's own limit."),
    )
    characters_per_token = models.FloatField(
        _("characters per token"),
        default=3.0,
        db_default=3.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(20)],
        help_text=_("An estimate; lower is safer. About 4 in English, 3 in most other languages, 1 in Chinese."),
    )
    published_cost = models.DecimalField(
        _("published average cost, in USD per request"), max_digits=12, decimal_places=8, null=True, blank=True
    )
    published_seconds = models.FloatField(_("published average latency, in seconds"), null=True, blank=True)
    # What answers have cost here, in credits: one without what it read, and each token that it read. Written by
    # chat.services.costs from so many answers; NULL until there is one.
    answer_cost = models.DecimalField(max_digits=20, decimal_places=10, null=True, editable=False)
    reading_cost = models.DecimalField(max_digits=20, decimal_places=16, null=True, editable=False)
    measured_answers = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    enabled = models.BooleanField(_("on offer"), default=False)
    # Set when Segmind answers 410; an administrator who puts the model on offer again clears it.
    retired_at = models.DateTimeField(_("retired by Segmind"), null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    objects = LanguageModelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "label"]
        verbose_name = _("language model")
        verbose_name_plural = _("language models")

    def __str__(self) -> str:
        return self.label

    @property
    def context_characters(self) -> int:
        """The context budget in characters, instruction included. An estimate: only the model can count its tokens."""
        return int(self.context_tokens * self.characters_per_token)

    @property
    def is_measured(self) -> bool:
        """Whether what answers have cost here says more than what is published."""
        return self.measured_answers >= ENOUGH_ANSWERS or (self.measured_answers > 0 and self.published_cost is None)

    @property
    def base_cost(self) -> Decimal | None:
        """Credits for an answer to an empty message, measured here or else published; None if nobody knows."""
        return self.answer_cost if self.is_measured else self.published_cost

    @property
    def cost_per_character(self) -> Decimal:
        """Credits for each character that is sent; 0 where only an average is published."""
        cost = self.reading_cost if self.is_measured and self.reading_cost else Decimal(0)
        return cost / Decimal(self.characters_per_token)

    @property
    def reservation(self) -> Decimal:
        """Credits to hold back for one reply: more than it will cost, as a long one costs more than the average."""
        return (self.published_cost or UNPUBLISHED_COST) * RESERVED_TIMES_AVERAGE
