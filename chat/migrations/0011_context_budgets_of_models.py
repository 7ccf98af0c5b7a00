"""Budgets that leave room for the answer, below the windows that the models' makers publish.

What an administrator has changed meanwhile stays. OpenAI and Google speak of about 4 characters to a token of English,
Anthropic of 3.5; other languages and code take more tokens, so a little less is assumed.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHARACTERS_PER_TOKEN = {"anthropic": 3.0, "openai": 3.5, "gemini": 3.5}
ASSUMED_BEFORE = 3.0

# slug, tokens before, tokens now
BUDGETS = [
    ("claude-3-haiku", 200_000, 180_000),
    ("claude-3.5-sonnet", 200_000, 180_000),
    ("llama-v3-8b-instruct", 8_000, 6_000),
    ("llama-v3p1-70b-instruct", 128_000, 110_000),
    ("gpt-4", 100_000, 6_000),
    ("mixtral-8x22b-instruct", 100_000, 55_000),
]


def fill_in(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    models = apps.get_model("chat", "LanguageModel").objects
    for wire_format, characters in CHARACTERS_PER_TOKEN.items():
        untouched = models.filter(wire_format=wire_format, characters_per_token=ASSUMED_BEFORE)
        untouched.update(characters_per_token=characters)
    for slug, before, now in BUDGETS:
        models.filter(slug=slug, context_tokens=before).update(context_tokens=now)


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    models = apps.get_model("chat", "LanguageModel").objects
    for slug, before, now in BUDGETS:
        models.filter(slug=slug, context_tokens=now).update(context_tokens=before)


class Migration(migrations.Migration):
    dependencies = [("chat", "0010_context_budget")]

    operations = [migrations.RunPython(fill_in, take_back)]
