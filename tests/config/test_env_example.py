import re
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
READ = re.compile(r'(?:env\.\w+|flag|environment\.get|os\.environ\.get|found\.get)\(\s*"([A-Z_]+)"')
# The shell's own, not ours.
OF_THE_SYSTEM = {"PATH"}


def test_env_example_names_every_variable_that_is_read_and_no_other() -> None:
    procfile = re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "Procfile").read_text())
    read = {
        name
        for module in ("settings.py", "run.py")
        for name in READ.findall((BASE_DIR / "config" / module).read_text())
    }
    named = re.findall(r"^#([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(read.union(procfile) - OF_THE_SYSTEM)


def test_env_example_sets_nothing_when_it_is_copied_as_it_stands() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
