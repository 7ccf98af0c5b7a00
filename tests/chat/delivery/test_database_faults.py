"""A database that restarts costs a step another try, and nothing else."""

from django.db import DatabaseError, connection

from chat.delivery import process
from chat.delivery.dispatcher import Dispatcher


def use_connection() -> None:
    """As any step does; whoever closes it has to be in the same thread."""
    assert connection.settings_dict


async def test_a_step_is_tried_again_with_another_connection(pauses):
    tries = []

    def step() -> None:
        use_connection()
        tries.append(1)
        if len(tries) < 3:
            raise DatabaseError("terminating connection due to administrator command")

    await process.store(step)
    assert len(tries) == 3


async def test_a_dispatcher_whose_claim_breaks_looks_again(monkeypatch):
    def claim(*, limit: int) -> None:
        use_connection()
        raise DatabaseError("terminating connection due to administrator command")

    monkeypatch.setattr("chat.delivery.steps.claim", claim)
    assert await Dispatcher().start_what_is_due() > 0
