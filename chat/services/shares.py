"""What an owner does with links: make, update, give a new address, revoke. And a reader's report."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Group, User
from accounts.services.audit import Action, record
from accounts.services.mails import mail_people
from chat import tasks
from chat.models import Attachment, Conversation, Share, ShareReport, SharingPolicy, Snapshot
from chat.models.share import ShareQuerySet
from chat.services.snapshots import Choice, Draft, draft_of, publish

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refusal(Exception):
    """Nothing was published, for the reason in `sentence`."""

    sentence: ClassVar["StrOrPromise"] = ""


class NotAsPreviewed(Refusal):
    sentence = _("Readers would see something else than you were shown. Here it is as it is now: look, then go on.")


class TooLong(Refusal):
    sentence = _("This is too much for one page. Choose fewer messages.")


class Empty(Refusal):
    sentence = _("There is nothing to show yet.")


class AnyoneForbidden(Refusal):
    sentence = _("Your team does not allow links for anyone. Choose who may open it.")


class MadeAlready(Exception):
    """There is a link of this id: the form was sent twice."""


@dataclass(frozen=True)
class Terms:
    """Who may open a link, and how long. `passphrase`: None leaves what there is, "" takes it off."""

    audience: str = Share.Audience.MEMBERS
    people: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    expires_at: datetime | None = None
    passphrase: str | None = None
    views_limit: int | None = None
    may_continue: bool = False
    public_title: str = ""
    public_summary: str = ""


def anyone_is_allowed() -> bool:
    return not SharingPolicy.objects.filter(anyone_allowed=False).exists()


@transaction.atomic
def create_share(*, id: UUID, conversation: Conversation, choice: Choice, terms: Terms, seen: str) -> tuple[Share, str]:
    """A link, and its token, which is told only now. `seen` is the digest of the draft that the owner was shown.

    Raises Refusal and MadeAlready.
    """
    token = Share.new_token()
    share = Share(pk=id, owner=conversation.owner, conversation=conversation, token_hash=Share.hash_of(token))
    draft = draft_to_publish(share, choice, terms, seen)
    take_on(share, choice, terms)
    try:
        with transaction.atomic():
            share.save(force_insert=True)
    except IntegrityError as error:
        raise MadeAlready from error
    share.people.set(terms.people)
    share.groups.set(terms.groups)
    publish(share, draft)
    record(Action.SHARE_CREATED, thing=share, after=facts_of(share))
    return share, token


@transaction.atomic
def update_share(*, share: Share, choice: Choice, terms: Terms, seen: str) -> None:
    """Publish the newer state under the same address.

    Raises Refusal, and Share.DoesNotExist if it was revoked meanwhile.
    """
    share = Share.objects.select_for_update().select_related("conversation__owner").get(pk=share.pk, revoked_at=None)
    before = facts_of(share)
    draft = draft_to_publish(share, choice, terms, seen)
    take_on(share, choice, terms)
    share.published_at = timezone.now()
    share.save()
    share.people.set(terms.people)
    share.groups.set(terms.groups)
    publish(share, draft)
    record(Action.SHARE_CHANGED, thing=share, before=before, after=facts_of(share))


def draft_to_publish(share: Share, choice: Choice, terms: Terms, seen: str) -> Draft:
    if terms.audience == Share.Audience.ANYONE and not anyone_is_allowed():
        raise AnyoneForbidden
    # Under lock: no file may go between its look and its publication.
    sent = Attachment.objects.filter(message__conversation=share.conversation_id)
    list(sent.select_for_update(of=("self",)).values_list("pk", flat=True))
    draft = draft_of(share.conversation, choice)
    if not draft.messages:
        raise Empty
    if draft.is_too_long:
        raise TooLong
    if draft.digest != seen:
        raise NotAsPreviewed
    return draft


def take_on(share: Share, choice: Choice, terms: Terms) -> None:
    chosen = vars(choice) | {"unmasked": sorted(choice.unmasked)}
    agreed = {name: value for name, value in vars(terms).items() if name not in ("people", "groups", "passphrase")}
    for name, value in {**chosen, **agreed}.items():
        setattr(share, name, value)
    if terms.passphrase is not None:
        share.passphrase = make_password(terms.passphrase) if terms.passphrase else ""


def facts_of(share: Share) -> dict[str, Any]:
    """For the audit log: who may open it and how long, and nothing of what it shows."""
    names = ("audience", "expires_at", "views_limit", "may_continue")
    return {name: getattr(share, name) for name in names} | {"locked": bool(share.passphrase)}


@transaction.atomic
def reissue(*, share: Share) -> str:
    """Another address for it, told only now; the one before opens nothing any more."""
    token = Share.new_token()
    Share.objects.filter(pk=share.pk).update(token_hash=Share.hash_of(token))
    record(Action.SHARE_CHANGED, thing=share, after={"new_address": True})
    return token


def revoke(*, share: Share) -> None:
    revoke_all(Share.objects.filter(pk=share.pk))


@transaction.atomic
def revoke_all(shares: ShareQuerySet) -> int:
    """End them, and delete what they show. How many there were."""
    live = list(shares.filter(revoked_at=None).select_for_update(of=("self",)).select_related("owner"))
    Share.objects.filter(pk__in=[share.pk for share in live]).update(revoked_at=timezone.now())
    Snapshot.objects.filter(share__in=live).delete()
    record_revoked(live)
    return len(live)


def record_revoked(shares: Iterable[Share]) -> None:
    for share in shares:
        record(Action.SHARE_REVOKED, subject=share.owner, thing=share, before=facts_of(share))


@transaction.atomic
def allow_anyone(*, allowed: bool) -> None:
    """The team's rule. Without links for anyone, those that exist are revoked."""
    policy, _created = SharingPolicy.objects.select_for_update().get_or_create(pk=1)
    before, policy.anyone_allowed = policy.anyone_allowed, allowed
    policy.save()
    if not allowed:
        revoke_all(Share.objects.filter(audience=Share.Audience.ANYONE))
    if before != allowed:
        record(
            Action.SETTING_CHANGED,
            thing=policy,
            before={"links_for_anyone": before},
            after={"links_for_anyone": allowed},
        )


# --- Reports ------------------------------------------------------------------
@transaction.atomic
def report(*, share: Share, reporter: User, reason: str) -> None:
    """Tell the administrators; a second report of the same reader replaces their first."""
    made, _created = ShareReport.objects.update_or_create(share=share, reporter=reporter, defaults={"reason": reason})
    tasks.mail_about_reported_share.defer(report_id=made.pk)


def mail_report(*, report_id: int) -> None:
    """Tell all administrators at once. Raises OSError if the mail server does not take it."""
    made = ShareReport.objects.select_related("share__owner", "reporter").filter(pk=report_id).first()
    if made:
        mail_people(
            User.objects.administrators().order_by("pk"),
            subject=lambda: gettext("A link was reported"),
            template="chat/email/share_reported.txt",
            context={"report": made},
        )
