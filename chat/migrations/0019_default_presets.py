"""What people's new conversations start with becomes a preset of theirs, which is their default; and back."""

from typing import Any

from django.db import migrations

NAME = "My usual"
ROWS_AT_ONCE = 500


def presets_from_preferences(apps: Any, schema_editor: Any) -> None:
    """May run again: who has a preset of this name, or a default, is left alone."""
    preferences, presets = apps.get_model("chat", "Preferences"), apps.get_model("chat", "Preset")
    rows = preferences.objects.iterator(chunk_size=ROWS_AT_ONCE)
    new = (
        presets(
            owner_id=row.owner_id,
            name=NAME,
            model_id=row.model_id,
            instruction=row.instruction,
            is_default=True,
            position=1,
        )
        for row in rows
    )
    presets.objects.bulk_create(new, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)


def preferences_from_presets(apps: Any, schema_editor: Any) -> None:
    preferences, presets = apps.get_model("chat", "Preferences"), apps.get_model("chat", "Preset")
    defaults = presets.objects.filter(is_default=True, owner__isnull=False).iterator(chunk_size=ROWS_AT_ONCE)
    rows = (
        preferences(owner_id=preset.owner_id, model_id=preset.model_id, instruction=preset.instruction)
        for preset in defaults
    )
    preferences.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("chat", "0018_shelves")]

    operations = [migrations.RunPython(presets_from_preferences, preferences_from_presets)]
