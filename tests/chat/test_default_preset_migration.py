"""What people's new conversations started with becomes their default preset, and can become what it was."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = "0018_shelves", "0020_no_preferences"


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("chat", name)])
    return executor.loader.project_state([("chat", name)]).apps.get_model


@pytest.fixture(autouse=True)
def whatever_happens_to_the_newest() -> Any:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_there_and_back() -> None:
    model = migrate(BEFORE)
    llama = model("chat", "LanguageModel").objects.create(slug="a-model", label="A model", wire_format="openai")
    people = [model("accounts", "User").objects.create(email=f"{n}@example.com", name=n) for n in ("one", "two")]
    for person, chosen in zip(people, (llama, None), strict=True):
        model("chat", "Preferences").objects.create(owner=person, model=chosen, instruction="Be brief.")
    presets = migrate(AFTER)("chat", "Preset").objects
    found = presets.order_by("owner").values_list("owner__name", "model__slug", "instruction", "is_default")
    assert list(found) == [("one", llama.slug, "Be brief.", True), ("two", None, "Be brief.", True)]
    preferences = migrate(BEFORE)("chat", "Preferences").objects.order_by("owner")
    assert [row.model_id for row in preferences] == [llama.pk, None]
    model("accounts", "User").objects.all().delete()
    llama.delete()
