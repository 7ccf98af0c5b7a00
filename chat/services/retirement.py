"""A model that Segmind has retired is no longer offered, and the administrators hear of it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.audit import Action, record
from accounts.services.mails import mail_people
from chat import tasks
from chat.models import LanguageModel
from chat.segmind import Billed, SegmindError


def is_retirement(error: SegmindError) -> bool:
    """Segmind: a 410 is a retired model. One that comes while asking after a request, which may be billed, is not."""
    return error.status == 410 and error.billed == Billed.NO


@transaction.atomic
def retire_model(*, slug: str) -> bool:
    """Segmind answered a call of this model with 410. True if it was on offer: then the administrators get a mail.

    The mail and the audit entry are jobs, which commit together with the row: they neither delay a reply nor fail one.
    """
    model = LanguageModel.objects.select_for_update().filter(slug=slug).first()
    if model is None or (model.retired_at and not model.enabled):
        return False
    was_on_offer = model.enabled
    model.enabled, model.retired_at = False, timezone.now()
    model.save(update_fields=["enabled", "retired_at"])
    if was_on_offer:
        tasks.record_retired_model.defer(model_id=model.pk)
        tasks.mail_about_retired_model.defer(model_id=model.pk)
    return was_on_offer


def record_retirement(*, model_id: int) -> None:
    """Raises DatabaseError if the audit log can't take it."""
    model = LanguageModel.objects.get(pk=model_id)
    after = {"enabled": False, "retired_at": model.retired_at}
    record(Action.MODEL_CHANGED, thing=model, before={"enabled": True}, after=after)


def mail_administrators(*, model_id: int) -> None:
    """Tell all administrators at once. Raises OSError if the mail server does not take it."""
    model = LanguageModel.objects.get(pk=model_id)
    mail_people(
        User.objects.administrators().order_by("pk"),
        subject=lambda: _("Segmind has retired %(model)s") % {"model": model.label},
        template="chat/email/model_retired.txt",
        context={"model": model},
    )
