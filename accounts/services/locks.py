"""Locks on what has no row yet that could be locked. Held to the end of the transaction."""

from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """Numbers that nothing else of this project locks."""

    SETUP = 720_001
    INVITATIONS = 720_002


def hold(lock: Lock) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock.value])
