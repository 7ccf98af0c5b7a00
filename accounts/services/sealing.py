"""Who may change the keyring while values are sealed under it: nobody. One lock in the database keeps them apart."""

from django.db import connection

from accounts import vault

# Any number that nothing else of this project locks.
KEYRING_LOCK = 720_002


def hold_keyring() -> None:
    """To the end of the transaction the keyring stays as it is in its file now. Many may hold it.

    Raises KeyringError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KEYRING_LOCK])
    vault.fresh_keyring()


def claim_keyring() -> None:
    """The keyring is this transaction's to change, and what was being sealed is in the database.

    Raises KeyringError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEYRING_LOCK])
    vault.fresh_keyring()
