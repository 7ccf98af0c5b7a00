from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Sums(models.Model):
    """Of some replies."""

    replies = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    # Of unknown cost: in no sum.
    unknown = models.PositiveIntegerField()
    read = models.PositiveBigIntegerField()  # tokens
    written = models.PositiveBigIntegerField()  # tokens
    spent = models.DecimalField(max_digits=20, decimal_places=10)  # credits
    # How many answers took how long: chat.services.usage has the bounds.
    waits = ArrayField(models.PositiveIntegerField())

    class Meta:
        abstract = True


class UsageDay(Sums):
    """The sums of a day's replies to one person, by one model and key, in one conversation.

    Made from the replies by chat.services.usage, and made anew whenever one of them changes; never edited.
    """

    day = models.DateField(_("day"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    model = models.ForeignKey("LanguageModel", on_delete=models.CASCADE, related_name="+")
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.SET_NULL, null=True, related_name="+")
    # Conversations may go, their costs stay.
    conversation = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")
        indexes = [models.Index(fields=["day"], name="usage_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.spent}"


class RolledDay(Sums):
    """A day whose replies are summed up in UsageDay, and all of them here.

    Gone, by a trigger, when one of them changes afterwards.
    """

    day = models.DateField(primary_key=True)
    # The zone whose midnights bound the day.
    time_zone = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.day} {self.time_zone}"
