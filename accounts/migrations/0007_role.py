"""One word for what somebody may do, instead of two flags and tables of permissions. Those stay until 0008."""

from typing import Any

from django.db import migrations, models

MEMBER, ADMINISTRATOR, AUDITOR = "member", "administrator", "auditor"


def roles_from_flags(apps: Any, schema_editor: Any) -> None:
    # Whoever only had is_staff could open the admin panel and see nothing in it.
    apps.get_model("accounts", "User").objects.filter(is_superuser=True).update(role=ADMINISTRATOR)


def flags_from_roles(apps: Any, schema_editor: Any) -> None:
    people = apps.get_model("accounts", "User").objects
    people.filter(role=ADMINISTRATOR).update(is_superuser=True, is_staff=True)
    people.filter(role=AUDITOR).update(is_superuser=False, is_staff=True)
    people.filter(role=MEMBER).update(is_superuser=False, is_staff=False)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_confirmed_addresses")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="role",
            field=models.CharField(
                choices=[(MEMBER, "Member"), (ADMINISTRATOR, "Administrator"), (AUDITOR, "Auditor")],
                db_default=MEMBER,
                default=MEMBER,
                max_length=13,
                verbose_name="role",
            ),
        ),
        migrations.RunPython(roles_from_flags, flags_from_roles),
    ]
