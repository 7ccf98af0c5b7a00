from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.models.budget import CREDITS


class ReplyClosing(models.Model):
    """What an administrator has said of a reply whose cost nobody could know: so much, or nothing; and why."""

    reply = models.OneToOneField("Reply", on_delete=models.PROTECT, related_name="closing")
    # Credits; NULL: it was not billed, and its reservation was released.
    cost = models.DecimalField(_("cost, in credits"), null=True, validators=[MinValueValidator(0)], **CREDITS)
    reason = models.CharField(_("reason"), max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("closing of an unknown reply")
        verbose_name_plural = _("closings of unknown replies")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="closing_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.reply_id}"
