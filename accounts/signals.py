"""What happens to people, told to the parts that accounts know nothing of. Each is sent inside the transaction."""

from django.dispatch import Signal

# An invitation was accepted. Passes `invitation` and `person`, the new account.
person_joined = Signal()

# A person's sessions have ended: what still answers them must look again who they are. Passes `person`.
sessions_ended = Signal()

# An account is about to be deleted: what is theirs elsewhere has to go first. Passes `person`.
person_leaving = Signal()

# An account was disabled. Passes `person`.
person_disabled = Signal()

# A key was revoked. Passes `key`.
key_revoked = Signal()
