from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

RESERVED_TIMES_AVERAGE = 4
# The dearest of the published ones, for a model whose cost is not.
UNPUBLISHED_COST = Decimal("0.08")
# So many answers say more about the next one's cost than Segmind's average does.
ENOUGH_ANSWERS = 5
# What a price by the token is applied to, where the cost of a call is to be guessed.
USUAL_TOKENS_READ, USUAL_TOKENS_WRITTEN = 1000, 500
# No model of Segmind's takes more.
HIGHEST_TEMPERATURE = 2.0


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def on_offer(self) -> "LanguageModelQuerySet":
        """The models that are there to be chosen, in the order an administrator gave them."""
        return self.filter(enabled=True).order_by("position", "label")

    def on_offer_to(self, person: "User | int") -> "LanguageModelQuerySet":
        """Those that this person may choose: one that has groups, only as a member of them. One query."""
        restrictions = LanguageModel.groups.through._default_manager.filter(languagemodel_id=OuterRef("pk"))
        theirs = restrictions.filter(group__members=person)
        return self.on_offer().filter(~Exists(restrictions) | Exists(theirs))


def price_field(name: Any, help_text: Any = "") -> models.DecimalField:
    """In USD; empty where an administrator has set none."""
    return models.DecimalField(
        name,
        max_digits=12,
        decimal_places=8,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=help_text,
    )


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
    has_temperature = models.BooleanField(_("takes a temperature"), default=False)
    lowest_temperature = models.FloatField(
        _("lowest temperature"), default=0, db_default=0, validators=[MinValueValidator(0)]
    )
    highest_temperature = models.FloatField(
        _("highest temperature"),
        default=1,
        db_default=1,
        validators=[MaxValueValidator(HIGHEST_TEMPERATURE)],
        help_text=_("What people may choose between. See the model's API page for what it takes."),
    )
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
    # An administrator's price, which goes before what is published and measured: by the token, or by the call.
    reading_price = price_field(_("price of what it reads, in USD per 1,000 tokens"))
    writing_price = price_field(_("price of what it writes, in USD per 1,000 tokens"))
    call_price = price_field(_("price of a call, in USD"), _("Instead of both prices by the token."))
    # What answers have cost here, in credits: one without what it read, and each token that it read. Written by
    # chat.services.costs from so many answers; NULL until there is one.
    answer_cost = models.DecimalField(max_digits=20, decimal_places=10, null=True, editable=False)
    reading_cost = models.DecimalField(max_digits=20, decimal_places=16, null=True, editable=False)
    measured_answers = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    enabled = models.BooleanField(_("on offer"), default=False)
    # Set when Segmind answers 410; an administrator who puts the model on offer again clears it.
    retired_at = models.DateTimeField(_("retired by Segmind"), null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    # What new chats begin with, unless a preset says otherwise; without one, the first on offer.
    is_default = models.BooleanField(_("default"), default=False, db_default=False, editable=False)
    groups = models.ManyToManyField(
        "accounts.Group",
        verbose_name=_("only for these groups"),
        blank=True,
        related_name="+",
        help_text=_("None: everybody may use it."),
    )

    objects = LanguageModelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "label"]
        verbose_name = _("language model")
        verbose_name_plural = _("language models")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="model_one_default"),
            models.CheckConstraint(
                condition=Q(lowest_temperature__lt=F("highest_temperature")),
                name="model_temperatures_in_order",
                violation_error_message=_("The lowest temperature has to be below the highest one."),
            ),
            models.CheckConstraint(
                condition=Q(call_price=None) | Q(reading_price=None, writing_price=None),
                name="model_price_by_call_or_token",
                violation_error_message=_("Set a price of a call, or prices by the token, not both."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def context_characters(self) -> int:
        """The context budget in characters, instruction included. An estimate: only the model can count its tokens."""
        return int(self.context_tokens * self.characters_per_token)

    def temperature_for(self, wanted: float | None) -> float | None:
        """The nearest to what is wanted that it takes; None where it takes none."""
        if wanted is None or not self.has_temperature:
            return None
        return min(max(wanted, self.lowest_temperature), self.highest_temperature)

    @property
    def is_measured(self) -> bool:
        """Whether what answers have cost here says more than what is published."""
        return self.measured_answers >= ENOUGH_ANSWERS or (self.measured_answers > 0 and self.published_cost is None)

    @property
    def base_cost(self) -> Decimal | None:
        """Credits for an answer to an empty message: an administrator's price, else measured here, else published.

        None if nobody knows.
        """
        if self.has_price:
            return self.call_price or by_the_token(self.writing_price, USUAL_TOKENS_WRITTEN)
        return self.answer_cost if self.is_measured else self.published_cost

    @property
    def cost_per_character(self) -> Decimal:
        """Credits for each character that is sent; 0 where only an average is published."""
        if self.has_price:
            return by_the_token(self.reading_price, 1) / Decimal(self.characters_per_token)
        cost = self.reading_cost if self.is_measured and self.reading_cost else Decimal(0)
        return cost / Decimal(self.characters_per_token)

    @property
    def reservation(self) -> Decimal:
        """Credits to hold back for one reply: more than it will cost, as a long one costs more than the average."""
        usual = self.usual_cost if self.has_price else self.published_cost or UNPUBLISHED_COST
        return usual * RESERVED_TIMES_AVERAGE

    @property
    def has_price(self) -> bool:
        """Whether an administrator has set one."""
        return any(price is not None for price in (self.reading_price, self.writing_price, self.call_price))

    @property
    def usual_cost(self) -> Decimal:
        """Credits for a call at an administrator's price, if it reads and writes as much as is usual."""
        if self.call_price is not None:
            return Decimal(self.call_price)
        read = by_the_token(self.reading_price, USUAL_TOKENS_READ)
        return read + by_the_token(self.writing_price, USUAL_TOKENS_WRITTEN)


def by_the_token(price: Decimal | None, tokens: int) -> Decimal:
    """Credits for so many tokens, at a price in USD per 1,000; Segmind: a credit is a USD."""
    return Decimal(price or 0) * tokens / 1000
