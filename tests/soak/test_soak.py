"""A short soak; `make soak` is a long one."""

import asyncio
import random
from pathlib import Path

from tests.soak.run import soak

SECONDS = 25.0


def test_nothing_is_lost_and_nothing_is_paid_twice(new_var_dir: Path) -> None:
    seed = random.SystemRandom().randint(0, 999_999)
    report = asyncio.run(soak(new_var_dir, seconds=SECONDS, seed=seed))
    assert not report.problems, f"python -m tests.soak --seconds {SECONDS:.0f} --seed {seed}\n{report}"
    kinds = {name.partition(" ")[0] for name in report.counts}
    assert "kill" in kinds
    assert kinds & {"restart", "crash"}
    states = {reply["state"] for reply in report.evidence.replies}
    assert {"completed", "failed", "stopped", "unknown"} <= states
    assert report.samples > SECONDS
