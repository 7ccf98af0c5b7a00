"""What a person can do about a reply that was sent and whose answer was lost, besides sending it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.db.models import Avg, Q
from django.utils import timezone

from accounts.models import User
from accounts.services import key_checks
from chat.models import LanguageModel, Message, Reply
from chat.models.reply import State

# A call may run, and be billed, for as long as Segmind keeps its result.
BILLED_WITHIN = timedelta(hours=1)
# The slowest published average is 67 s; nothing missing after as much as this means that nothing was billed.
SURE_AFTER = timedelta(minutes=10)
# Segmind tells balances as binary numbers; the cheapest model costs 27 of these.
ROUNDING = Decimal("0.000001")
# How far from the average the cost of one call may be and still be taken for it.
TIMES_AVERAGE = 10


def give_up(*, reply: Reply, person: User) -> bool:
    """Let the matter rest: nothing is sent, and nothing more is asked of the person. False if it was not unknown."""
    unsettled = Reply.objects.filter(pk=reply.pk, state=State.UNKNOWN, given_up_at=None)
    return bool(unsettled.update(given_up_at=timezone.now(), given_up_by=person))


@transaction.atomic
def look_for_answer(*, reply: Reply) -> bool:
    """Have a worker ask Segmind after the request once more, which is free and sends nothing.

    False if Segmind can't know it any more, or another attempt at the message was started.
    """
    answer = Message.objects.select_for_update().filter(replies=reply).first()
    if answer is None or not reply.can_be_followed or answer.replies.latest("created_at") != reply:
        return False
    # A lease that is over: the next worker that looks takes the request over.
    return reply.move(to=State.PROCESSING, fence=reply.fence + 1, lease_until=timezone.now())


class Verdict(StrEnum):
    """What the balance says about a lost call."""

    BILLED = "billed"
    NOT_BILLED = "not-billed"
    NOT_YET = "not-yet"
    ODD_AMOUNT = "odd-amount"
    CREDITS_ADDED = "credits-added"
    NO_BALANCE_BEFORE = "no-balance-before"
    OTHERS_RAN = "others-ran"
    NO_ANSWER = "no-answer"


@dataclass(frozen=True)
class Comparison:
    """The balance from before the sending against the one of now; `missing` in credits, None if not known."""

    verdict: Verdict
    missing: Decimal | None = None


def compare_balance(*, reply: Reply) -> Comparison:
    """Ask Segmind for the key's balance, free of charge, and say whether about the model's price is missing.

    It can't be told where another reply was sent through the same key meanwhile. What else uses the account, outside
    of the ledger, nobody here can see.
    """
    before = answered_before(reply)
    if reply.api_key is None or before is None or before.finished_at is None or before.remaining_credits is None:
        return Comparison(Verdict.NO_BALANCE_BEFORE)
    balance = key_checks.check_key(key=reply.api_key).balance
    if balance is None:
        return Comparison(Verdict.NO_ANSWER)
    if others_ran(reply, since=before.finished_at):
        return Comparison(Verdict.OTHERS_RAN)
    missing = before.remaining_credits - balance
    return Comparison(verdict_on(missing, reply), missing)


def same_account(reply: Reply) -> Q:
    return Q(api_key__fingerprint=reply.api_key.fingerprint if reply.api_key else None)


def answered_before(reply: Reply) -> Reply | None:
    """The last reply through the same key that told a balance before this one was sent."""
    told = Reply.objects.filter(same_account(reply), remaining_credits__isnull=False).exclude(state=State.STOPPED)
    return told.filter(finished_at__lt=reply.submit_started_at).order_by("finished_at").last()


def others_ran(reply: Reply, *, since: datetime) -> bool:
    """True if another call through the same key may have been billed since then."""
    others = Reply.objects.filter(same_account(reply), submit_started_at__isnull=False).exclude(pk=reply.pk)
    ended_since = Q(finished_at__gt=since)
    billed_late = Q(state__in=[State.STOPPED, State.UNKNOWN], submit_started_at__gt=since - BILLED_WITHIN)
    may_cost = ~Q(billed=Reply.Billed.NO) & (ended_since | billed_late)
    return others.filter(Q(finished_at=None) | may_cost).exists()


def verdict_on(missing: Decimal, reply: Reply) -> Verdict:
    if missing < -ROUNDING:
        return Verdict.CREDITS_ADDED
    if missing <= ROUNDING:
        assert reply.submit_started_at is not None
        is_sure = reply.submit_started_at < timezone.now() - SURE_AFTER
        return Verdict.NOT_BILLED if is_sure else Verdict.NOT_YET
    price = usual_cost(reply.model)
    is_about_the_price = price is None or price / TIMES_AVERAGE <= missing <= price * TIMES_AVERAGE
    return Verdict.BILLED if is_about_the_price else Verdict.ODD_AMOUNT


def usual_cost(model: LanguageModel) -> Decimal | None:
    """What a reply of this model has cost here on average, else what Segmind publishes; None if neither is known."""
    average: Decimal | None = Reply.objects.filter(model=model, cost__gt=0).aggregate(average=Avg("cost"))["average"]
    return average or model.published_cost
