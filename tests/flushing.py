"""Tests with real transactions are followed by `flush`, which empties all tables: also the ones that only grow."""

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations

from accounts.models import AuditEntry, AuditHead
from accounts.models.audit_entry import BEGINNING

TABLES = (AuditEntry._meta.db_table, AuditHead._meta.db_table)


def let_flush_empty_the_audit_log() -> None:
    plain = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, *args: Any, **options: Any) -> list[str]:
        statements = plain(self, *args, **options)
        if not any(table in statement for table in TABLES for statement in statements):
            return statements
        beginning = f"INSERT INTO {AuditHead._meta.db_table} VALUES (1, 0, '{BEGINNING}')"
        return [*switched("DISABLE"), *statements, beginning, *switched("ENABLE"), *for_all_sessions()]

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign,assignment]


def switched(word: str) -> list[str]:
    return [f"ALTER TABLE {table} {word} TRIGGER USER" for table in TABLES]


def for_all_sessions() -> list[str]:
    """As the migration has them."""
    entry, head = TABLES
    return [
        f"ALTER TABLE {entry} ENABLE ALWAYS TRIGGER accounts_audit_entries_stay",
        f"ALTER TABLE {head} ENABLE ALWAYS TRIGGER accounts_audit_head_stays",
        f"ALTER TABLE {head} ENABLE ALWAYS TRIGGER accounts_audit_head_follows",
    ]
