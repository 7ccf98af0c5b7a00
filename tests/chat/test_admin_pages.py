"""Every page of the admin panel opens by a constant number of queries, and whatever rows there are."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiKey, Group
from chat.models import LanguageModel, Reply
from tests.factories import ApiKeyFactory
from tests.seed import world
from tests.seed.visit import addresses, administrator_client, opened

pytestmark = pytest.mark.django_db
# To nobody's eyes: accounts.models.user.CLOSED_APPS.
CLOSED = ("/admin/auth/", "/admin/account/")


@pytest.fixture
def small_world() -> None:
    world.fill(world.Size(people=4, groups=2, conversations=10, replies=200))


def pages() -> list[str]:
    return [address for address in addresses() if not address.startswith(CLOSED)]


def lose(number: int) -> None:
    """As if the answers of so many replies had never come. No step of a reply's life leads there."""
    lost = {"state": "unknown", "billed": "unknown", "cost": None, "failure_kind": ""}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        found = Reply.objects.filter(state="completed").values_list("pk", flat=True)[:number]
        Reply.objects.filter(pk__in=list(found)).update(**lost)
        cursor.execute("SET session_replication_role = origin")


def test_lists_take_as_many_queries_for_many_rows_as_for_few(small_world):
    lose(2)
    client = administrator_client()
    lists = [address for address in pages() if not address.endswith("/change/")]
    few = {address: [opened(client, address).queries for _ in range(2)][-1] for address in lists}
    lose(20)
    for number in range(10):
        key = ApiKeyFactory.create()
        Group.objects.create(name=f"More {number}").members.add(key.owner)
        LanguageModel.objects.create(slug=f"more-{number}", label=f"More {number}", wire_format="openai")
    many = {address: [opened(client, address).queries for _ in range(2)][-1] for address in lists}
    assert many == few


def test_bad_rows_break_no_page(small_world):
    ApiKey.objects.update(ciphertext=b"not sealed by us", last_error="<b>odd</b>")
    lose(5)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Reply.objects.filter(state="completed").update(cost=None)
        Reply.objects.update(owner=None, api_key=None, key_label="", message=None)
        cursor.execute("SET session_replication_role = origin")
    LanguageModel.objects.update(enabled=False, retired_at=timezone.now(), published_cost=None, published_seconds=None)
    client = administrator_client()
    looks = {address: opened(client, address) for address in pages()}
    assert {address: look.status for address, look in looks.items() if look.status != 200} == {}
    assert not any("<b>odd</b>" in look.text for look in looks.values())
