from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models.shelved import Shelved


def default_among(presets: "list[Preset]") -> "Preset | None":
    """What new conversations start with, of all that a person sees: their own default, else the team's."""
    defaults = [preset for preset in presets if preset.is_default]
    return min(defaults, key=lambda preset: preset.is_teams, default=None)


class Preset(Shelved):
    """What a conversation may start with. One's own default, else the team's, is what all new ones start with."""

    MOST_ON_A_SHELF = 50
    CONTENT = ("model", "instruction", "temperature")

    # NULL, or one that is no longer on offer: the first of the models on offer.
    model = models.ForeignKey(
        "LanguageModel", verbose_name=_("model"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The label of its model, after that was removed; until the preset is changed.
    gone_model = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    instruction = models.TextField(_("instruction"), blank=True)
    # NULL: the usual one.
    temperature = models.FloatField(_("temperature"), null=True, blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta(Shelved.Meta):
        verbose_name = _("preset")
        verbose_name_plural = _("presets")
        constraints = [
            *Shelved.Meta.constraints,
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(is_default=True),
                nulls_distinct=False,
                name="preset_one_default_on_a_shelf",
            ),
        ]

    @property
    def lost_model(self) -> str:
        """The label of its model, if that is no longer on offer; else ""."""
        if self.model is None:
            return self.gone_model
        return "" if self.model.enabled else self.model.label

    @property
    def summary(self) -> str:
        """Model and instruction, in one line."""
        parts = [
            self.model.label if self.model else gettext("The first model on offer"),
            Truncator(" ".join(self.instruction[:500].split())).chars(100),
        ]
        return " · ".join(filter(None, parts))

    @property
    def use_url(self) -> str:
        return f"{reverse('home')}?preset={self.pk}"
