import subprocess
import sys

import pytest

from config.run import BASE_DIR

PRINT = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
ALLOW = f"from config.open_files import allow_many_open_files; allow_many_open_files(); {PRINT}"


def limits_after(code: str, *, soft: int, hard: int) -> list[int]:
    """What a process that began with these limits has after this code."""
    begin = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))"
    run = subprocess.run(
        [sys.executable, "-c", f"{begin}; {code}"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    return [int(limit) for limit in run.stdout.splitlines()[-1].split()]


@pytest.mark.parametrize(
    ("soft", "hard", "allowed"), [(256, 4096, 4096), (1024, 15_000, 10_240), (12_000, 15_000, 12_000)]
)
def test_as_many_files_as_the_system_allows_and_never_fewer_than_before(soft: int, hard: int, allowed: int) -> None:
    assert limits_after(ALLOW, soft=soft, hard=hard) == [allowed, hard]


@pytest.mark.parametrize(
    "program",
    [
        "import config.asgi",
        "import runpy, sys; sys.argv = ['manage.py', 'version']; runpy.run_path('manage.py', run_name='__main__')",
    ],
    ids=["web", "worker"],
)
def test_web_and_worker_have_many_open_files(program: str) -> None:
    assert limits_after(f"{program}; {PRINT}", soft=1024, hard=4096) == [4096, 4096]
