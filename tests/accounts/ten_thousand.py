"""Run in a process of its own, on the running site's database: makes many keys, and opens them all again."""

import json
import sys
import uuid

import django

NUMBER = 10_000
EMAIL = "ten-thousand@example.com"


def value_of(number: int) -> str:
    return f"SG_{number:016x}"


def make() -> dict[str, str]:
    """Somebody with all these keys, and a sender who has one of their own and a session."""
    from accounts import vault  # leaf: these need django.setup()
    from accounts.models import ApiKey, User
    from chat.segmind import KeyValue
    from tests.browser.stagehands import person

    owner = User.objects.create_user(EMAIL, name="Owner")
    ids = [uuid.uuid4() for _ in range(NUMBER)]
    ApiKey.objects.bulk_create(
        ApiKey(
            pk=row_id,
            owner=owner,
            label=str(number),
            ciphertext=vault.encrypt(KeyValue(value_of(number)), row_id=row_id, owner_id=owner.pk),
            fingerprint=vault.fingerprint(KeyValue(value_of(number))),
        )
        for number, row_id in enumerate(ids)
    )
    return person(name="Sender", password="a password that nobody needs", role="member")


def check() -> dict[str, int]:
    """How many open to their own value, and have the fingerprint of it."""
    from accounts import vault  # leaf: these need django.setup()
    from accounts.models import ApiKey
    from accounts.services.api_keys import open_key
    from chat.segmind import KeyValue

    keys = list(ApiKey.objects.filter(owner__email=EMAIL))
    values = {key.pk: KeyValue(value_of(int(key.label))) for key in keys}
    return {
        "open": sum(open_key(key) == values[key.pk] for key in keys),
        "recognised": sum(key.fingerprint == vault.fingerprint(values[key.pk]) for key in keys),
        # Sealed twice, a value would be longer than its text, nonce, tag and header.
        "sealed_once": sum(len(key.ciphertext) == len(vault.header_for("k2")) + 12 + 19 + 16 for key in keys),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps({"make": make, "check": check}[sys.argv[1]]()))
