"""`make soak`: people and misfortunes for as long as wanted, then the invariants, and the ledger to the last digit.

Two webs, two workers, thirty people; a kill every 5 to 20 seconds, a database restart every minute. A failure leaves
its folder behind, with the database and what the programs have printed. The same seed makes the same choices again.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.run import soak

LARGEST_SEED = 999_999


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=random.randint(0, LARGEST_SEED))
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="parley-soak-"))
    print(f"Soaking for {chosen.seconds:.0f} s, --seed {chosen.seed}", flush=True)
    report = asyncio.run(soak(folder, seconds=chosen.seconds, seed=chosen.seed))
    print(report)
    if report.problems:
        print(f"The same again: make soak ARGS='--seconds {chosen.seconds:.0f} --seed {chosen.seed}'; see {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
