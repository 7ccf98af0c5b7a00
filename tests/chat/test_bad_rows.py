"""One bad row breaks no page: it stands there with words. Rows point to what is gone, as after a faulty restore."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, Group, User
from chat.models import (
    Budget,
    BudgetAdjustment,
    BudgetPeriod,
    BudgetRequest,
    Conversation,
    LanguageModel,
    Preset,
    Reply,
    UsageDay,
)
from chat.services.usage import roll_up_what_is_over
from tests.factories import ApiKeyFactory, PersonFactory
from tests.seed import world
from tests.seed.visit import addresses, administrator_client, opened
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
CLOSED = ("/admin/auth/", "/admin/account/")
YEAR = f"first={timezone.localdate().year - 1}-01-01&last={timezone.localdate()}"
MORE = [
    *(f"/admin/chat/usageday/{page}?{YEAR}&by={by}" for page in ("", "csv/") for by in ("model", "group")),
    f"/admin/chat/usageday/focus/?{YEAR}",
    f"/admin/chat/usageday/balances/?{YEAR}",
    "/admin/chat/unknownreply/?unsettled=all",
    "/admin/chat/unknownreply/?unsettled=no",
]


@contextmanager
def without_rules() -> Iterator[None]:
    """Neither triggers nor foreign keys look."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def member() -> User:
    """Has asked by a model and through a key that are gone, in a conversation that is gone, and has a broken key."""
    world.fill(world.Size(people=4, groups=2, conversations=10, replies=200))
    roll_up_what_is_over()
    person: User = PersonFactory.create(name="Member")
    ApiKeyFactory.create(owner=person, label="Broken")
    Preset.objects.create(owner=person, name="Mine", model=LanguageModel.objects.all()[0], is_default=True)
    Reply.objects.update(owner=person)
    return person


@pytest.fixture
def gone(member: User) -> dict[str, object]:
    """One of each, with a budget of it, and then only its number."""
    leaver, group = PersonFactory.create(name="Leaver"), Group.objects.create(name="Dissolved")
    key, model = ApiKeyFactory.create(owner=leaver), LanguageModel.objects.create(slug="gone", label="Gone")
    conversation = Conversation.objects.create(owner=leaver, title="Gone", updated_at=timezone.now())
    scopes = {"owner": leaver, "group": group, "api_key": key, "conversation": conversation}
    for name, thing in scopes.items():
        budget = Budget.objects.create(limit=1, **{name: thing})
        BudgetRequest.objects.create(budget=budget, person=leaver, amount=1, reason="more")
        period = BudgetPeriod.objects.create(budget=budget, starts_at=timezone.now())
        BudgetAdjustment.objects.create(period=period, amount=1, reason="more", by=leaver)
    with without_rules():
        ApiKey.objects.filter(label="Broken").update(ciphertext=b"not sealed by us")
        for row in (*scopes.values(), model):
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])
    return {**scopes, "model": model}


def spoil(gone: dict[str, Any], **changes: object) -> Reply:
    """One of the replies, with these changes and all others that have gone with it."""
    reply = Reply.objects.exclude(submit_started_at=None).exclude(billed="unknown").filter(model__slug__gt="")[0]
    lost = {f"{name}_id": gone[name].pk for name in ("owner", "api_key", "model")}
    with without_rules():
        Reply.objects.filter(pk=reply.pk).update(**{**lost, "message_id": reply.pk, **changes})
    return reply


def test_every_page_of_the_admin_opens_with_rows_whose_things_are_gone(gone):
    spoil(gone, billed="unknown", state="unknown")
    spoil(gone, billed="yes", cost=None, state="completed")
    spoil(gone, billed="yes", cost=Decimal("0.5"), state="completed")
    with without_rules():
        UsageDay.objects.update(model=gone["model"].pk, owner=gone["owner"].pk, api_key=gone["api_key"].pk)
    client = administrator_client()
    shown = [address for address in addresses() if not address.startswith(CLOSED)]
    looks = {address: opened(client, address) for address in (*shown, *MORE)}
    assert {address: look.status for address, look in looks.items() if look.status != 200} == {}
    for address, words in [
        ("/admin/chat/unknownreply/", "removed"),
        (MORE[0], "removed"),
        ("/admin/chat/budget/", "removed"),
        ("/admin/chat/budgetrequest/", "removed"),
        ("/admin/chat/budgetadjustment/", "removed"),
        ("/admin/accounts/apikey/", "enter again"),
    ]:
        assert words in looks[address].text, address


def test_every_bad_row_is_in_its_list(gone):
    lost = [spoil(gone, billed="unknown", state="unknown"), spoil(gone, billed="yes", cost=None, state="completed")]
    client = administrator_client()
    page = opened(client, "/admin/chat/unknownreply/").text
    assert all(f"/admin/chat/unknownreply/{reply.pk}/change/" in page for reply in lost)
    assert opened(client, f"/admin/chat/unknownreply/{lost[0].pk}/closing/").status == 200
    for model in (Budget, BudgetRequest, BudgetAdjustment):
        found = opened(client, f"/admin/chat/{model._meta.model_name}/").text
        assert f"{model.objects.count()} " in found[found.index('class="paginator"') :]
        assert found.count('<td class="field-') >= model.objects.count() >= 4
        for row in model.objects.all():
            assert opened(client, f"/admin/chat/{model._meta.model_name}/{row.pk}/change/").status == 200


def test_ones_own_pages_open_with_rows_whose_things_are_gone(member, gone):
    spoil(gone, owner_id=member.pk, billed="yes", cost=None, state="completed", created_at=timezone.now())
    with without_rules():
        Preset.objects.update(model=gone["model"].pk)
    client = Client()
    sign_in(client, member)
    for address in ("/settings/usage/", "/settings/keys/", "/settings/presets/", "/", "/archive/"):
        assert opened(client, address).status == 200, address
    assert "removed" in opened(client, "/settings/usage/").text
    assert "enter again" in opened(client, "/settings/keys/").text
