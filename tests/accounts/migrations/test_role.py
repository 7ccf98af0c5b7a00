"""From two flags to one role and back, on rows that are there."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FLAGS = {"plain": (False, False), "staff": (True, False), "super": (True, True)}


def migrate(name: str) -> Any:
    """The model of a person as it was then."""
    executor = MigrationExecutor(connection)
    executor.migrate([("accounts", name)])
    return executor.loader.project_state([("accounts", name)]).apps.get_model("accounts", "User")


def test_flags_become_a_role_and_a_role_becomes_flags(migrated_database: None) -> None:
    before = migrate("0006_confirmed_addresses")
    for name, (is_staff, is_superuser) in FLAGS.items():
        before.objects.create(email=f"{name}@example.com", name=name, is_staff=is_staff, is_superuser=is_superuser)
    after = migrate("0008_role_alone")
    roles = dict(after.objects.values_list("name", "role"))
    assert roles == {"plain": "member", "staff": "member", "super": "administrator"}
    after.objects.create(email="auditor@example.com", name="auditor", role="auditor")
    again = migrate("0006_confirmed_addresses")
    flags = {name: flags for name, *flags in again.objects.values_list("name", "is_staff", "is_superuser")}
    assert flags == {
        "plain": [False, False],
        "staff": [False, False],
        "super": [True, True],
        "auditor": [True, False],
    }


def test_what_was_deployed_before_can_still_make_a_person(empty_database: None) -> None:
    migrate("0007_role")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO accounts_user (email, name, password, is_superuser, is_staff, is_active, date_joined)
            VALUES ('old@example.com', 'Old', '', false, false, true, now()) RETURNING role"""
        )
        assert cursor.fetchone() == ("member",)
