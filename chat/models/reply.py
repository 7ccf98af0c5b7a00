import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models.refusal import Refusal

if TYPE_CHECKING:
    from accounts.models import User


class State(models.TextChoices):
    QUEUED = "queued", _("queued")
    SUBMITTING = "submitting", _("submitting")
    PROCESSING = "processing", _("processing")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unknown")
    STOPPED = "stopped", _("stopped")


RUNNING = (State.QUEUED, State.SUBMITTING, State.PROCESSING)
# Segmind keeps a result for 1 hour after submission.
FOLLOW_FOR = timedelta(minutes=50)


@dataclass(frozen=True)
class Place:
    """Where a queued reply stands. `ahead`: how many go before it on its key; `at`: when it goes, if all stays so.

    Without `at` it is held: the answer above it did not come, and its person has to say whether it goes all the same.
    """

    ahead: int
    at: datetime | None
    is_behind_another: bool
    is_host_away: bool

    @property
    def is_held(self) -> bool:
        return self.at is None

    @property
    def is_behind_answer(self) -> bool:
        """Whether it waits for the answer above, or for its person's word since that did not come."""
        return self.is_held or self.is_behind_another

    @property
    def word(self) -> str:
        """What it waits for: its person, the host, the answer above, or how many go before it."""
        if self.is_held:
            return "held"
        if self.is_host_away:
            return "away"
        return "behind" if self.is_behind_another else str(self.ahead)

    @property
    def seconds(self) -> int:
        """From now on, at least 1."""
        assert self.at
        return max(1, round((self.at - timezone.now()).total_seconds()))


class ReplyQuerySet(models.QuerySet["Reply"]):
    def visible_to(self, user: "User") -> "ReplyQuerySet":
        """One's own, as long as the conversation is there, and not in the trash."""
        return self.filter(owner=user, message__conversation__trashed_at=None, message__isnull=False)

    def sums_by(self, **group: Any) -> Any:
        """A dictionary for each group, with its sums: `replies`, tokens `read` and `written`, credits `spent`.

        What has no known cost is in no sum, but counted in `unknown`.
        """
        is_unknown = Q(billed=Reply.Billed.UNKNOWN) | Q(billed=Reply.Billed.YES, cost=None)
        return self.values(**group).annotate(
            replies=Count("pk"),
            read=Sum("input_tokens", default=0),
            written=Sum("output_tokens", default=0),
            spent=Sum("cost", filter=Q(billed=Reply.Billed.YES), default=Decimal(0)),
            unknown=Count("pk", filter=is_unknown),
        )

    def running(self) -> "ReplyQuerySet":
        return self.filter(state__in=RUNNING)

    def latest_per_message(self) -> "ReplyQuerySet":
        return self.order_by("message_id", "-created_at").distinct("message_id")


class Reply(models.Model):
    """One attempt to obtain an assistant message. Replies are the usage ledger, and outlive the conversation."""

    State = State

    class Billed(models.TextChoices):
        NO = "no", _("not billed")
        YES = "yes", _("billed")
        UNKNOWN = "unknown", _("may have been billed")

    class FailureKind(models.TextChoices):
        CREDITS = "credits", _("not enough credits")
        SPEND_LIMIT = "spend-limit", _("spend limit reached")
        BUDGET = "budget", _("budget reached")
        KEY = "key", _("key refused")
        FORBIDDEN = "forbidden", _("model not allowed")
        MODEL = "model", _("model not available")
        RATE = "rate", _("too many requests")
        REFUSED = "refused", _("refused by the model")
        REQUEST = "request", _("request not accepted")
        UPSTREAM = "upstream", _("fault at Segmind")
        UNREACHABLE = "unreachable", _("Segmind not reachable")

    # UNKNOWN is left only by the late truth: the lost answer turning up after all.
    NEXT: ClassVar[dict[str, set[str]]] = {
        State.QUEUED: {State.SUBMITTING, State.FAILED, State.STOPPED},
        State.SUBMITTING: {
            State.PROCESSING,
            State.COMPLETED,
            State.FAILED,
            State.UNKNOWN,
            State.QUEUED,
            State.STOPPED,
        },
        State.PROCESSING: {State.COMPLETED, State.FAILED, State.UNKNOWN, State.STOPPED},
        State.UNKNOWN: {State.PROCESSING, State.COMPLETED, State.FAILED},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Each index of this table is written to three times in the life of a reply, so those that another one covers, or
    # that would hold almost nothing but NULL, are left out.
    message = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, related_name="replies", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="replies",
        db_index=False,
    )
    model = models.ForeignKey(
        "LanguageModel", verbose_name=_("model"), on_delete=models.PROTECT, related_name="replies"
    )
    version = models.CharField(_("API version"), max_length=2)
    api_key = models.ForeignKey("accounts.ApiKey", on_delete=models.SET_NULL, null=True, related_name="replies")
    key_label = models.CharField(_("key"), max_length=100)
    # Whether it says something which key paid: there were others to choose from, or it was the team's.
    names_key = models.BooleanField(default=False, db_default=False)

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.QUEUED)
    # Raised by every take-over: a worker that was away finds another number here and stops quietly.
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    # Its person has said so, although the answer above it did not come.
    goes_regardless = models.BooleanField(default=False, db_default=False)
    submit_started_at = models.DateTimeField(_("sent"), null=True)
    request_id = models.CharField(_("request at Segmind"), max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(_("sendings that were certainly not billed"), default=0)

    # The first message it was sent with, if earlier ones were left out; messages may go, so no foreign key.
    remembers_from = models.UUIDField(null=True, editable=False)

    # Credits held back for it in the ledger until its cost is known.
    reserved = models.DecimalField(
        _("reserved"), max_digits=20, decimal_places=10, default=Decimal(0), db_default=Decimal(0)
    )
    billed = models.CharField(_("billed"), max_length=7, choices=Billed, default=Billed.NO)
    # NULL is "not known", and never zero.
    cost = models.DecimalField(_("cost, in credits"), max_digits=20, decimal_places=10, null=True)
    remaining_credits = models.DecimalField(_("credits left"), max_digits=20, decimal_places=10, null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    stop_reason = models.CharField(max_length=50, blank=True)

    failure_kind = models.CharField(max_length=12, choices=FailureKind, blank=True)
    failure_detail = models.TextField(_("details of the failure"), blank=True)
    raw_answer = models.TextField(blank=True, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # An `unknown` reply whose person has let the matter rest.
    given_up_at = models.DateTimeField(_("given up"), null=True)
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("given up by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )

    # Of a queued one that has to wait; filled in by chat.delivery.queue for those that show it.
    place: Place | None = None

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        indexes = [
            models.Index(fields=["message", "-created_at"], name="reply_latest"),
            models.Index(fields=["created_at"], condition=Q(state__in=RUNNING), name="reply_running"),
            models.Index(fields=["owner", "-created_at"], name="reply_owner_newest"),
            models.Index(fields=["created_at"], name="reply_created"),
            models.Index(fields=["submit_started_at"], condition=Q(state=State.UNKNOWN), name="reply_unknown"),
            models.Index(fields=["given_up_by"], condition=Q(given_up_by__isnull=False), name="reply_given_up_by"),
            models.Index(
                fields=["model", "-created_at"],
                condition=Q(state=State.COMPLETED, cost__isnull=False, input_tokens__isnull=False),
                name="reply_measured",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["message"], condition=Q(state__in=RUNNING), name="reply_one_live_per_message"
            ),
            models.UniqueConstraint(
                fields=["api_key", "request_id"],
                condition=Q(version="v2") & ~Q(request_id=""),
                name="reply_request_once_per_key",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RUNNING, finished_at=None)
                | (~Q(state__in=RUNNING) & Q(finished_at__isnull=False)),
                name="reply_finished_at_iff_finished",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.QUEUED, State.FAILED, State.STOPPED]) | Q(submit_started_at__isnull=False),
                name="reply_submitted_before_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.FAILED) | ~Q(failure_kind=""), name="reply_failed_has_a_reason"
            ),
            models.CheckConstraint(condition=Q(cost=None) | Q(cost__gte=0), name="reply_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    @property
    def stage(self) -> str:
        """What a page shows of it, as a word: its state, and of a queued one what it waits for."""
        if self.place is None:
            return self.state
        return f"{self.state}-{self.place.word}"

    @property
    def seconds(self) -> float | None:
        """How long the person waited, in seconds; None while they still do."""
        return (self.finished_at - self.created_at).total_seconds() if self.finished_at else None

    @property
    def refusal(self) -> Refusal | None:
        """What is known of the budget that it was beyond."""
        return Refusal.read(self.failure_detail) if self.failure_kind == self.FailureKind.BUDGET else None

    @property
    def can_be_followed(self) -> bool:
        """True for an unknown reply whose request Segmind may still know: asking after it is free."""
        if self.state != State.UNKNOWN or not self.request_id or self.submit_started_at is None:
            return False
        return self.version == "v2" and self.submit_started_at > timezone.now() - FOLLOW_FOR

    def move(self, *, to: str, **changes: Any) -> bool:
        """Take one legal step. False: another worker got there first, so stop quietly.

        Raises ValueError for a step that the life of a reply does not have.
        """
        if to not in self.NEXT.get(self.state, ()):
            raise ValueError(f"reply {self.pk} cannot go from {self.state} to {to}")
        changes = {"finished_at": finished_at(to), **changes, "state": to}
        moved = Reply.objects.filter(pk=self.pk, state=self.state, fence=self.fence).update(**changes)
        if moved:
            for name, value in changes.items():
                setattr(self, name, value)
        return bool(moved)


class UnknownReply(Reply):
    """A reply that was sent and whose answer was lost, for the administrators' list."""

    class Meta:
        proxy = True
        verbose_name = _("unknown reply")
        verbose_name_plural = _("unknown replies")


def finished_at(state: str) -> datetime | None:
    return None if state in RUNNING else timezone.now()
