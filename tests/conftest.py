"""What every test can use: the three people, the tests' own PostgreSQL, and the whole site running."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadScopeScheduling

from accounts.models import User
from config import embedded_postgres, secret_files
from tests import chromium, prepared
from tests.databases import MIGRATED, database_of_a_site, drop_database, in_a_database_of_its_own, make_database
from tests.factories import PASSWORD
from tests.flushing import let_flush_empty_the_audit_log
from tests.network import forbid_other_machines
from tests.stack import Stack

# Two busy cores make a deadline per example a matter of luck.
hypothesis.settings.register_profile("parley", deadline=None)
hypothesis.settings.load_profile("parley")


def pytest_configure(config: pytest.Config) -> None:
    forbid_other_machines()
    let_flush_empty_the_audit_log()
    # Ended by a signal, still stop the servers that were started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    base = os.environ["VAR_DIR"].removesuffix(os.environ.get("PYTEST_XDIST_WORKER", ""))
    prepared.kept_in = Path(f"{base}-prepared")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Once all sides have ended."""
    if prepared.kept_in and "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(prepared.kept_in, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers last: Playwright keeps an event loop running in this thread, in which Django's ORM refuses to work."""
    items.sort(key=lambda item: "page" in getattr(item, "fixturenames", ()) or "browser" in Path(item.path).parts)


class Sides(LoadScopeScheduling):
    """Test by test to whichever side is free; the crash tests stay on one, since they share what they break."""

    def _split_scope(self, nodeid: str) -> str:
        return "crash" if nodeid.startswith("tests/crash/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sides:
    return Sides(config, log)


# --- Servers ------------------------------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def var_dir() -> Iterator[Path]:
    """The folder of this test run, with a keyring in it."""
    folder = Path(settings.VAR_DIR)
    folder.mkdir(mode=0o700)
    secret_files.ensure_keyring(settings.PARLEY_KEYRING)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(var_dir: Path) -> Iterator[str]:
    """The address of a PostgreSQL for this test run: careless and quick, unless DATABASE_URL names a server."""
    if os.environ.get("DATABASE_URL"):
        yield os.environ["DATABASE_URL"]
        return
    prepared.give_database(var_dir)
    with embedded_postgres.running(var_dir, **prepared.CARELESS) as address:
        yield address


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: str) -> None:
    """pytest-django's hook before it makes the test database: the server has to run by then."""
    if not os.environ.get("DATABASE_URL"):
        connection.settings_dict["TEST"]["TEMPLATE"] = embedded_postgres.DATABASE  # migrated already


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker, postgres: str) -> Iterator[None]:
    """pytest-django's, after which a copy of the database as the migrations have made it is there for new sites."""
    with django_db_blocker.unblock():
        connection.close()
    make_database(postgres, MIGRATED, template=connection.settings_dict["NAME"])
    yield
    drop_database(postgres, MIGRATED)


@pytest.fixture
def migrated_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker, postgres: str) -> Iterator[None]:
    """A database of this test alone, as the migrations leave it: it may take them back, and leave it at that."""
    with django_db_blocker.unblock(), in_a_database_of_its_own(postgres, template=MIGRATED):
        yield


@pytest.fixture
def empty_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker, postgres: str) -> Iterator[None]:
    """A database of this test alone, without a table."""
    with django_db_blocker.unblock(), in_a_database_of_its_own(postgres, template="template1"):
        yield


@pytest.fixture
def new_var_dir() -> Iterator[Path]:
    """A folder for a site of its own. Not under tmp_path, which may be too long for a socket and closed to a server."""
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def parley_server(postgres: str, var_dir: Path) -> Iterator[Stack]:
    """The whole site, running for all tests of this session: `.url`, `.sandbox_url`, `.log`, `.environment`."""
    stack = Stack(var_dir / "server", {"DATABASE_URL": database_of_a_site(postgres, "parley_server")})
    stack.start()
    yield stack
    stack.stop()


# --- Browser ------------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium_executable() -> str | None:
    """None stands for the one that Playwright has downloaded."""
    return chromium.installed()


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium_executable: str | None
) -> dict[str, Any]:
    own = {"args": chromium.ARGUMENTS}
    return browser_type_launch_args | own | ({"executable_path": chromium_executable} if chromium_executable else {})


# --- People -------------------------------------------------------------------
@pytest.fixture
def alice(db: None) -> User:
    """She owns it."""
    return User.objects.create_user(email="alice@example.com", name="Alice", password=PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    """He may see it."""
    return User.objects.create_user(email="bob@example.com", name="Bob", password=PASSWORD)


@pytest.fixture
def charlie(db: None) -> User:
    """He may not."""
    return User.objects.create_user(email="charlie@example.com", name="Charlie", password=PASSWORD)
