from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Preferences(models.Model):
    """What a person's new conversations start with."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    # NULL, or one that is no longer on offer: the first of the models on offer.
    model = models.ForeignKey(
        "LanguageModel", verbose_name=_("model"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    instruction = models.TextField(_("instruction"), blank=True)

    def __str__(self) -> str:
        return str(self.pk)
