"""Who may change the keyring while values are sealed under it: nobody. One lock in the database keeps them apart."""

from django.db import connection

# Any number that nothing else of this project locks.
KEYRING_LOCK = 720_002


def hold_keyring() -> None:
    """To the end of the transaction no secret leaves the keyring and none becomes the current one. Many may hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KEYRING_LOCK])


def claim_keyring() -> None:
    """The keyring is this transaction's to change: whatever was being sealed is in the database by now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEYRING_LOCK])
