"""What people's new conversations started with becomes their default preset, and can become what it was."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = "0018_shelves", "0020_no_preferences"


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("chat", name)])
    return executor.loader.project_state([("chat", name)]).apps.get_model


def test_there_and_back(empty_database: None) -> None:
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
