"""Verbs on invitations: a link that makes one account, once, for one address."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Invitation, User
from accounts.services.audit import Action, record
from accounts.services.locks import Lock, hold
from accounts.services.people import create_person
from accounts.signals import person_joined

TOKEN_BYTES = 32
log = structlog.get_logger(__name__)


class AddressTaken(Exception):
    """Somebody has an account with this email address."""


class NoLongerOpen(Exception):
    """The invitation was accepted or revoked, has expired, or never was."""


@dataclass(frozen=True)
class Sent:
    """An invitation with its link, which is known only now. Unless it was `mailed`, somebody has to pass it on."""

    invitation: Invitation
    link: str
    mailed: bool


def usual_expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)


@transaction.atomic
def invite(
    *,
    email: str,
    role: str,
    invited_by: User,
    site_url: str,
    budget_limit: Decimal | None = None,
    expires_at: datetime | None = None,
) -> Sent:
    """Invite somebody to `site_url`. An earlier invitation of the same address is revoked. Raises AddressTaken."""
    hold(Lock.INVITATIONS)
    email = User.objects.normalize_email(email)
    if User.objects.filter(email=email).exists():
        raise AddressTaken
    Invitation.objects.unanswered().filter(email__iexact=email).update(revoked_at=timezone.now())
    invitation = Invitation(
        email=email,
        role=role,
        invited_by=invited_by,
        budget_limit=budget_limit,
        expires_at=expires_at or usual_expiry(),
    )
    sent = send_link(invitation, site_url)
    facts = {"role": role, "budget_limit": budget_limit, "expires_at": invitation.expires_at, "mailed": sent.mailed}
    record(Action.INVITATION_SENT, thing=invitation, after=facts)
    return sent


@transaction.atomic
def resend(*, invitation: Invitation, site_url: str) -> Sent:
    """Send a new link, with the usual time to answer; the old one stops working. Raises NoLongerOpen."""
    invitation = unanswered(invitation)
    invitation.expires_at = usual_expiry()
    sent = send_link(invitation, site_url)
    facts = {"expires_at": invitation.expires_at, "mailed": sent.mailed}
    record(Action.INVITATION_RESENT, thing=invitation, after=facts)
    return sent


@transaction.atomic
def revoke(*, invitation: Invitation) -> None:
    """Let the link work no more. Raises NoLongerOpen if somebody has joined by it, or it was revoked before."""
    invitation = unanswered(invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record(Action.INVITATION_REVOKED, thing=invitation)


@transaction.atomic
def accept(*, token: str, name: str, password: str) -> User:
    """Make the invited person's account. Of two at the same moment one gets it.

    Raises NoLongerOpen; and AddressTaken if the person has come by an account in another way.
    """
    invitation = Invitation.objects.open().with_token(token).select_for_update().first()
    if invitation is None:
        raise NoLongerOpen
    try:
        with transaction.atomic():
            person = create_person(name=name, email=invitation.email, password=password, role=invitation.role)
    except IntegrityError as exc:
        raise AddressTaken from exc
    invitation.person, invitation.accepted_at = person, timezone.now()
    invitation.save(update_fields=["person", "accepted_at"])
    person_joined.send(sender=Invitation, invitation=invitation, person=person)
    record(Action.INVITATION_ACCEPTED, actor=person, subject=person, thing=invitation, after={"role": person.role})
    return person


def unanswered(invitation: Invitation) -> Invitation:
    """The row itself, under lock. Raises NoLongerOpen."""
    locked = Invitation.objects.unanswered().select_for_update().filter(pk=invitation.pk).first()
    if locked is None:
        raise NoLongerOpen
    return locked


def send_link(invitation: Invitation, site_url: str) -> Sent:
    """Give the invitation a new secret, and mail the link with it where mail is set up."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.replace_token(token)
    link = urljoin(site_url, reverse("invitation", args=[token]))
    mailed = settings.MAIL_IS_SET_UP and mail_link(invitation, link, site_url)
    invitation.mailed_at = timezone.now() if mailed else None
    invitation.save()
    return Sent(invitation, link, mailed=mailed)


def mail_link(invitation: Invitation, link: str, site_url: str) -> bool:
    """False if the mail could not be handed over; the link is passed on by hand then."""
    context = {"invitation": invitation, "link": link, "site_url": site_url}
    text = render_to_string("accounts/mail/invitation.txt", context)
    try:
        send_mail(_("Your invitation to Parley"), text, None, [invitation.email])
    except OSError as exc:  # SMTP's own errors among them
        log.warning("invitation_not_mailed", invitation=str(invitation.pk), reason=type(exc).__name__)
        return False
    return True
