"""Segmind's chat models as of August 2026, with the average cost (USD) and latency (seconds) that it publishes.

On offer are those whose request format its API pages state; the others wait for an administrator.
"""

from decimal import Decimal

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CLAUDE, OPENAI, GEMINI = "anthropic", "openai", "gemini"

# slug, label, cost, seconds
ANTHROPIC = [
    ("claude-4-sonnet", "Claude 4 Sonnet", "0.021", 11.2),
    ("claude-4.5-sonnet", "Claude 4.5 Sonnet", "0.046", 23.5),
    ("claude-opus-4.7", "Claude Opus 4.7", "0.069", 17.6),
]
OPEN_AI = [
    ("gpt-4", "GPT-4", "0.029", 13.1),
    ("gpt-4-turbo", "GPT-4 Turbo", "0.0053", 9.9),
    ("gpt-4o", "GPT-4o", "0.0075", 6.0),
    ("gpt-5", "GPT-5", "0.042", 61.7),
    ("gpt-5-mini", "GPT-5 mini", "0.010", 47.9),
    ("gpt-5-nano", "GPT-5 nano", "0.0010", 30.1),
    ("gpt-5.1", "GPT-5.1", "0.0072", 9.0),
    ("gpt-5.2", "GPT-5.2", "0.0125", 20.5),
    ("gpt-5.4", "GPT-5.4", "0.0094", 4.6),
    ("gpt-5.4-mini", "GPT-5.4 mini", "0.00054", 5.1),
    ("gpt-5.4-nano", "GPT-5.4 nano", "0.0029", 3.5),
    ("gpt-5.5", "GPT-5.5", "0.044", 16.5),
    ("o3", "o3", "0.0050", 11.0),
    ("o4-mini", "o4-mini", "0.0068", 12.0),
    ("deepseek-chat", "DeepSeek Chat", "0.0013", 34.1),
    ("deepseek-reasoner", "DeepSeek Reasoner", "0.047", 67.2),
    ("kimi-k2-instruct-0905", "Kimi K2 Instruct", "0.0010", 2.2),
    ("glm-5.2", "GLM 5.2", "0.0012", None),
    ("minimax-m3", "MiniMax M3", "0.0098", 2.7),
    ("nemotron-3-ultra", "Nemotron 3 Ultra", "0.0029", None),
    ("mixtral-8x22b-instruct", "Mixtral 8x22B Instruct", "0.00051", 2.7),
    ("llama-v3p1-8b-instruct", "Llama 3.1 8B Instruct", "0.000027", 1.7),
    ("llama4-maverick-instruct-basic", "Llama 4 Maverick", "0.0010", 2.5),
    ("llama4-scout-instruct-basic", "Llama 4 Scout", "0.00071", 2.7),
]
GOOGLE = [
    ("gemini-2.5-flash", "Gemini 2.5 Flash", "0.0038", 11.1),
    ("gemini-2.5-flash-lite", "Gemini 2.5 Flash Lite", "0.00055", 4.4),
    ("gemini-2.5-pro", "Gemini 2.5 Pro", "0.025", 27.4),
    ("gemini-3-flash", "Gemini 3 Flash", "0.0088", 18.2),
    ("gemini-3-pro", "Gemini 3 Pro", "0.0031", 31.4),
    ("gemini-3.1-flash-lite", "Gemini 3.1 Flash Lite", "0.0011", 3.4),
    ("gemini-3.1-pro", "Gemini 3.1 Pro", "0.074", 38.5),
]
ON_OFFER = [
    {
        "slug": "claude-3-haiku",
        "label": "Claude 3 Haiku",
        "description": "Fast and inexpensive; reads images.",
        "wire_format": CLAUDE,
        "version": "v2",
        "has_temperature": True,
        "reads_images": True,
        "context_tokens": 200_000,
    },
    {
        "slug": "claude-3.5-sonnet",
        "label": "Claude 3.5 Sonnet",
        "description": "Thorough, good at code; reads images.",
        "wire_format": CLAUDE,
        "version": "v2",
        "has_temperature": True,
        "reads_images": True,
        "context_tokens": 200_000,
    },
    {
        "slug": "llama-v3-8b-instruct",
        "label": "Llama 3 8B Instruct",
        "description": "Small and quick.",
        "wire_format": OPENAI,
        "version": "v1",
        "context_tokens": 8_000,
        "published_cost": Decimal("0.00063"),
        "published_seconds": 1.3,
    },
    {
        "slug": "llama-v3p1-70b-instruct",
        "label": "Llama 3.1 70B Instruct",
        "description": "An open model for everyday questions.",
        "wire_format": OPENAI,
        "version": "v1",
        "context_tokens": 128_000,
        "published_cost": Decimal("0.0019"),
        "published_seconds": 2.7,
    },
]


def fill_catalogue(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    language_model = apps.get_model("chat", "LanguageModel")
    rows = [language_model(enabled=True, position=place, **facts) for place, facts in enumerate(ON_OFFER, start=1)]
    for wire_format, models in ((CLAUDE, ANTHROPIC), (OPENAI, OPEN_AI), (GEMINI, GOOGLE)):
        rows += [
            language_model(
                slug=slug,
                label=label,
                wire_format=wire_format,
                published_cost=Decimal(cost),
                published_seconds=seconds,
            )
            for slug, label, cost, seconds in models
        ]
    language_model.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_final_states_stay")]

    operations = [migrations.RunPython(fill_catalogue, migrations.RunPython.noop)]
