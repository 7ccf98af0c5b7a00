"""The front page of the panel: what was spent, what waits, and the lists that the figures lead to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat.models import Budget, BudgetPeriod, BudgetRequest, LanguageModel, Reply
from chat.services.overview import counts_of_what_waits, spent_lately
from chat.services.reply_closings import close
from tests.factories import ApiKeyFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
NOTHING = {"requests": 0, "budgets": 0, "unsettled": 0, "keys": 0, "reports": 0}


@pytest.fixture
def administrator(alice: User) -> User:
    alice.role = User.Role.ADMINISTRATOR
    alice.save(update_fields=["role"])
    return alice


@pytest.fixture
def panel(administrator: User) -> Client:
    client = Client()
    sign_in(client, administrator)
    return client


def lost(owner: User, model: LanguageModel, **fields: object) -> Reply:
    sent = timezone.now() - timedelta(hours=2)
    own = {"state": "unknown", "billed": "unknown", "submit_started_at": sent, "finished_at": sent, "version": "v1"}
    return Reply.objects.create(owner=owner, model=model, **own | fields)


def test_what_waits_is_counted_and_what_is_done_is_not(administrator: User, bob: User, llama: LanguageModel) -> None:
    assert counts_of_what_waits(administrator) == NOTHING
    budget = Budget.objects.create(owner=bob, limit=Decimal(1))
    for state, decided_at in (("open", None), ("granted", timezone.now()), ("refused", timezone.now())):
        asked = {"budget": budget, "person": bob, "amount": 1, "reason": "why"}
        BudgetRequest.objects.create(**asked, state=state, decided_at=decided_at)
    lost(bob, llama)
    lost(bob, llama, billed="yes")
    lost(bob, llama, billed="no")
    lost(bob, llama, billed="yes", cost=Decimal("0.1"))
    assert counts_of_what_waits(administrator) == NOTHING | {"requests": 1, "unsettled": 2}


def test_a_key_needs_attention_when_it_is_refused_exhausted_or_low_and_not_paused(administrator: User) -> None:
    ApiKeyFactory(state="works", balance=Decimal(5), balance_known_at=timezone.now())
    for state in ("refused", "exhausted"):
        ApiKeyFactory(state=state)
    ApiKeyFactory(state="works", balance=Decimal("0.5"), balance_known_at=timezone.now(), warn_below=Decimal(1))
    ApiKeyFactory(state="works", balance=Decimal("0.5"), balance_known_at=timezone.now(), warn_below=None)
    ApiKeyFactory(state="refused", owner=None, is_paused=True)
    assert counts_of_what_waits(administrator)["keys"] == 3


@pytest.mark.parametrize(
    ("spent", "reserved", "granted", "count"),
    [("7.9", "0", "0", 0), ("8", "0", "0", 1), ("4", "4", "0", 1), ("8", "0", "1", 0), ("12", "0", "0", 1)],
)
def test_a_budget_counts_from_four_fifths_on(
    administrator: User, bob: User, spent: str, reserved: str, granted: str, count: int
) -> None:
    budget = Budget.objects.with_amounts().get(pk=Budget.objects.create(owner=bob, limit=Decimal(10)).pk)
    amounts = {"spent": Decimal(spent), "reserved": Decimal(reserved), "granted": Decimal(granted)}
    BudgetPeriod.objects.update_or_create(budget=budget, starts_at=budget.starts_at, defaults=amounts)
    assert counts_of_what_waits(administrator)["budgets"] == count


def test_nobody_learns_of_what_they_may_not_see(bob: User) -> None:
    assert counts_of_what_waits(bob) == {}
    bob.role = User.Role.AUDITOR
    assert counts_of_what_waits(bob) == {}


def test_this_month_and_today(llama: LanguageModel, bob: User) -> None:
    now = timezone.localtime()
    for created_at, cost in ((now, "0.1"), (now.replace(day=1), "0.02"), (now - timedelta(days=40), "0.003")):
        reply = lost(bob, llama, state="completed", billed="yes", cost=Decimal(cost))
        Reply.objects.filter(pk=reply.pk).update(created_at=created_at)
    spent = spent_lately()
    assert spent.month.spent == Decimal("0.12")
    assert spent.today.spent == Decimal("0.1") + (Decimal("0.02") if now.day == 1 else 0)


def test_each_figure_leads_to_a_list_of_just_these(
    panel: Client, administrator: User, bob: User, llama: LanguageModel
) -> None:
    kept, gone = lost(bob, llama, request_id="still-open"), lost(bob, llama, request_id="released")
    close(reply=gone, cost=None, reason="Segmind says that it took nothing.", by=administrator)
    ApiKeyFactory(label="Refused one", state="refused")
    ApiKeyFactory(label="Good one", state="works")
    page = panel.get("/admin/").content.decode()
    for words in ("Requests for more", "Unknown replies to settle", "Keys that need attention"):
        assert words in page
    unknown = panel.get("/admin/chat/unknownreply/?unsettled=yes").content.decode()
    assert (kept.request_id in unknown, gone.request_id in unknown) == (True, False)
    settled = panel.get("/admin/chat/unknownreply/?unsettled=no").content.decode()
    assert (kept.request_id in settled, gone.request_id in settled) == (False, True)
    keys = panel.get("/admin/accounts/apikey/?needs_attention=yes").content.decode()
    assert ("Refused one" in keys, "Good one" in keys) == (True, False)
    assert panel.get("/admin/chat/budget/?nearly_used_up=yes").status_code == 200


def test_queries_of_the_front_page_stay_the_same(panel: Client, bob: User, llama: LanguageModel) -> None:
    panel.get("/admin/")
    with CaptureQueriesContext(connection) as before:
        panel.get("/admin/")
    for _ in range(3):
        lost(bob, llama)
        ApiKeyFactory(state="refused")
    with CaptureQueriesContext(connection) as after:
        page = panel.get("/admin/").content.decode()
    assert len(after) == len(before)
    assert '<span class="overview__number">3</span> Unknown replies' in page
