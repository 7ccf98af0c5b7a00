import hashlib

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# What the first entry is chained to.
BEGINNING = "0" * 64


class Action(models.TextChoices):
    """Everything that is recorded. A new one is a line here and a migration."""

    SITE_SET_UP = "site.set_up", _("site set up")
    SETTING_CHANGED = "setting.changed", _("setting changed")

    SIGNED_IN = "sign_in", _("signed in")
    SIGN_IN_FAILED = "sign_in.failed", _("sign-in failed")
    SIGN_IN_THROTTLED = "sign_in.throttled", _("sign-in refused after too many attempts")
    REAUTHENTICATED = "sign_in.again", _("signed in again")
    SIGNED_OUT = "sign_out", _("signed out")
    SESSION_ENDED = "session.ended", _("session ended from elsewhere")
    PASSWORD_CHANGED = "password.changed", _("password changed")
    PASSWORD_RESET_ASKED = "password.reset_asked", _("password reset asked for")
    PASSWORD_RESET = "password.reset", _("password reset")
    EMAIL_ADDED = "email.added", _("email address added")
    EMAIL_VERIFIED = "email.verified", _("email address verified")
    EMAIL_CHANGED = "email.changed", _("email address changed")
    EMAIL_REMOVED = "email.removed", _("email address removed")
    IDENTITY_CONNECTED = "identity.connected", _("outside account connected")
    IDENTITY_DISCONNECTED = "identity.disconnected", _("outside account disconnected")

    FACTOR_ADDED = "factor.added", _("second factor added")
    FACTOR_REMOVED = "factor.removed", _("second factor removed")
    FACTOR_FAILED = "factor.failed", _("second factor failed")
    RECOVERY_CODES_MADE = "recovery_codes.made", _("recovery codes made")
    RECOVERY_CODE_USED = "recovery_code.used", _("recovery code used")

    INVITATION_SENT = "invitation.sent", _("invitation sent")
    INVITATION_RESENT = "invitation.resent", _("invitation sent again")
    INVITATION_REVOKED = "invitation.revoked", _("invitation revoked")
    INVITATION_ACCEPTED = "invitation.accepted", _("invitation accepted")

    PERSON_ADDED = "person.added", _("person added")
    PERSON_CHANGED = "person.changed", _("person changed")
    PERSON_DISABLED = "person.disabled", _("person disabled")
    PERSON_ENABLED = "person.enabled", _("person enabled")
    PERSON_DELETION_ASKED = "person.deletion_asked", _("deletion of a person asked for")
    PERSON_DELETION_UNDONE = "person.deletion_undone", _("deletion of a person undone")
    PERSON_DELETED = "person.deleted", _("person deleted")
    ROLE_CHANGED = "role.changed", _("role changed")

    GROUP_ADDED = "group.added", _("group added")
    GROUP_CHANGED = "group.changed", _("group changed")
    GROUP_REMOVED = "group.removed", _("group removed")

    KEY_ADDED = "key.added", _("key added")
    KEY_CHANGED = "key.changed", _("key changed")
    KEY_REPLACED = "key.replaced", _("key replaced")
    KEY_REMOVED = "key.removed", _("key removed")
    KEY_REVOKED = "key.revoked", _("key revoked")
    KEY_REFUSED = "key.refused", _("key refused by Segmind")
    KEY_GRANTED = "key.granted", _("key granted")
    KEY_WITHDRAWN = "key.withdrawn", _("key withdrawn")
    KEYRING_ROTATED = "keyring.rotated", _("keyring rotated")

    WEBHOOK_ADDED = "webhook.added", _("webhook added")
    WEBHOOK_CHANGED = "webhook.changed", _("webhook changed")
    WEBHOOK_REMOVED = "webhook.removed", _("webhook removed")
    WEBHOOK_SENT = "webhook.sent", _("webhook sent by hand")

    BUDGET_SET = "budget.set", _("budget set")
    BUDGET_REMOVED = "budget.removed", _("budget removed")
    BUDGET_ADJUSTED = "budget.adjusted", _("budget adjusted")
    BUDGET_ASKED = "budget.asked", _("more of a budget asked for")
    BUDGET_GRANTED = "budget.granted", _("more of a budget granted")
    BUDGET_REFUSED = "budget.refused", _("more of a budget refused")

    REPLY_CLOSED = "reply.closed", _("unknown reply settled or released")

    MODEL_ADDED = "model.added", _("language model added")
    MODEL_CHANGED = "model.changed", _("language model changed")
    MODEL_REMOVED = "model.removed", _("language model removed")
    MODEL_CHECKED = "model.checked", _("language model checked")

    SHELF_ADDED = "shelf.added", _("team's prompt or preset added")
    SHELF_CHANGED = "shelf.changed", _("team's prompt or preset changed")
    SHELF_REMOVED = "shelf.removed", _("team's prompt or preset removed")

    SHARE_CREATED = "share.created", _("share created")
    SHARE_CHANGED = "share.changed", _("share changed")
    SHARE_REVOKED = "share.revoked", _("share revoked")

    DATA_EXPORTED = "data.exported", _("data exported")
    AUDIT_EXPORTED = "audit.exported", _("audit log exported")


class AuditEntry(models.Model):
    """One thing that somebody did. Written by accounts.services.audit.record alone, and never changed.

    The database numbers and chains the entries (triggers of the migration `audit_chain`), so that no two writers can
    fork the chain and nothing gets in beside it; it refuses UPDATE, DELETE and TRUNCATE.
    """

    Action = Action

    # From 1 on, without gaps. A default, like the two digests' and the time's, only so that Django reads it back.
    number = models.BigIntegerField(_("number"), primary_key=True, db_default=0, editable=False)
    at = models.DateTimeField(_("time"), db_default=Now(), db_index=True)
    action = models.CharField(_("action"), max_length=40, choices=Action)
    # Without constraints: an account can be deleted; its entries stay, and keep the number alone. Prefetch these two:
    # a join by select_related may be an inner one, since Django relies on the row being there, and would lose entries.
    # NULL: nobody who was signed in, or the site itself.
    actor = models.ForeignKey(
        "User", models.DO_NOTHING, verbose_name=_("by"), null=True, db_constraint=False, related_name="+"
    )
    # NULL: it concerns nobody in particular.
    subject = models.ForeignKey(
        "User", models.DO_NOTHING, verbose_name=_("concerns"), null=True, db_constraint=False, related_name="+"
    )
    thing = models.CharField(_("thing"), max_length=100, blank=True)
    # NULL: not over the network.
    address = models.GenericIPAddressField(_("from"), null=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    previous = models.CharField(_("digest of the entry before"), max_length=64, db_default="", editable=False)
    digest = models.CharField(_("digest"), max_length=64, db_default="", editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("entries of the audit log")
        ordering = ["-number"]
        default_permissions = ()
        indexes = [models.Index(fields=["action", "number"], name="audit_entry_by_action")]

    def __str__(self) -> str:
        return f"{self.number}"


class AuditHead(models.Model):
    """The one row that says where the chain ends. A writer holds its lock until it commits: so they stand in line."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


def digest_of(*parts: str | None) -> str:
    """SHA-256 in hex of texts and NULLs, each with its length in bytes, so that no two lists of parts read alike.

    The database's `accounts_audit_digest` computes the same. The parts are, in this order: number, time, action, actor,
    subject, thing, address, before, after, previous digest.
    """
    listed = ",".join("-" if part is None else f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(listed.encode()).hexdigest()
