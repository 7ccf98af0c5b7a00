"""Taking a key out of use for good: its value is destroyed, what it has paid for stays in all figures."""

from django.db import transaction
from django.utils import timezone

from accounts.models import ApiKey
from accounts.services.audit import Action, record
from accounts.signals import key_revoked


@transaction.atomic
def revoke_key(*, key: ApiKey) -> bool:
    """Destroy the value of a person's or the team's key; whoever it was of is told. False if that was done before.

    A call that is under way goes on; what waits for the key fails. At Segmind it stays valid until it is deleted there.
    """
    now = timezone.now()
    # The fingerprint says whether a value is the same as another one: that goes with the value.
    nothing = {"ciphertext": b"", "fingerprint": f"revoked {key.pk.hex}"}
    in_use = ApiKey.objects.filter(pk=key.pk, revoked_at=None)
    if not in_use.update(**nothing, revoked_at=now, is_default=False):
        return False
    key_revoked.send(ApiKey, key=key)
    record(Action.KEY_REVOKED, subject=key.owner, thing=key, before={"state": key.state}, after={"revoked_at": now})
    return True
