from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def confirm(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Accounts came from administrators only, who vouched for their addresses."""
    apps.get_model("account", "EmailAddress").objects.filter(primary=True).update(verified=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_attempt"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(confirm, migrations.RunPython.noop)]
