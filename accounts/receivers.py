"""What accounts do when something happens that others announce."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.departures import stay


@receiver(user_logged_in, dispatch_uid="stay_after_signing_in")
def stay_after_signing_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever had asked for the end of their account and signs in again wants to keep it."""
    if user.deletion_due_at and stay(person=user):
        messages.success(request, _("Welcome back. Your account stays."), fail_silently=True)
