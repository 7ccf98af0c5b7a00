import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from config import embedded_postgres
from config.embedded_postgres import EmbeddedPostgresError

type Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(new_var_dir: Path) -> Iterator[Start]:
    """Start a cluster, carelessly and quickly."""
    started: list[tuple[Path, subprocess.Popen[bytes]]] = []

    def start_cluster(var_dir: Path, **options: str) -> subprocess.Popen[bytes]:
        server = embedded_postgres.start(var_dir, fsync="off", **options)
        started.append((var_dir, server))
        return server

    yield start_cluster
    for var_dir, server in started:
        embedded_postgres.stop(var_dir)
        server.wait(10)


@pytest.fixture
def cluster(new_var_dir: Path) -> Path:
    """The folder of a cluster that does not exist yet."""
    return new_var_dir


@pytest.fixture
def deep_cluster(new_var_dir: Path) -> Iterator[Path]:
    """One whose path is too long for a socket."""
    var_dir = new_var_dir / ("deep" * 25)
    var_dir.mkdir()
    yield var_dir
    shutil.rmtree(socket_folder(var_dir), ignore_errors=True)


def socket_folder(var_dir: Path) -> Path:
    return Path(parse_qs(urlsplit(embedded_postgres.url(var_dir)).query)["host"][0])


def ask(var_dir: Path, question: str) -> object:
    with psycopg.connect(embedded_postgres.url(var_dir), autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def test_address_is_known_before_the_start_and_holds_after_it(start: Start, cluster: Path) -> None:
    address = embedded_postgres.url(cluster)
    start(cluster)
    assert embedded_postgres.url(cluster) == address
    assert ask(cluster, "SELECT current_database()") == "parley"


def test_settings_reach_the_server_and_it_listens_on_no_port(start: Start, cluster: Path) -> None:
    start(cluster, work_mem="7MB")
    assert ask(cluster, "SHOW work_mem") == "7MB"
    assert ask(cluster, "SHOW listen_addresses") == ""


def test_text_is_unicode_and_trigrams_know_every_letter(start: Start, cluster: Path) -> None:
    start(cluster)
    assert ask(cluster, "SHOW server_encoding") == "UTF8"
    assert ask(cluster, "SELECT lower('ÄÖÜ')") == "äöü"
    with psycopg.connect(embedded_postgres.url(cluster)) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT cardinality(show_trgm('Привет'))").fetchone() == (7,)


def test_only_the_owner_may_enter_the_folder_of_the_socket(start: Start, cluster: Path) -> None:
    start(cluster)
    folder = socket_folder(cluster)
    assert list(folder.glob(".s.PGSQL.*"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_second_start_replaces_the_server_and_keeps_the_data(start: Start, cluster: Path) -> None:
    first = start(cluster)
    ask(cluster, "CREATE TABLE kept AS SELECT 1 AS one")
    second = start(cluster)
    assert first.wait(0) == 0
    assert second.poll() is None
    assert ask(cluster, "SELECT one FROM kept") == 1


def test_stop_ends_the_server_though_somebody_is_connected(start: Start, cluster: Path) -> None:
    server = start(cluster)
    with psycopg.connect(embedded_postgres.url(cluster)):
        embedded_postgres.stop(cluster)
    assert server.wait(0) == 0
    assert not (cluster / "postgres" / "postmaster.pid").exists()


def test_lock_left_by_a_killed_server_is_not_taken_for_the_process_with_its_number(start: Start, cluster: Path) -> None:
    start(cluster)
    data = cluster / "postgres"
    left_over = {lock: lock.read_text() for lock in (data / "postmaster.pid", data / ".s.PGSQL.5432.lock")}
    embedded_postgres.stop(cluster)
    with bystander(of=data) as process:
        for lock, text in left_over.items():
            lock.write_text("\n".join([str(process.pid), *text.splitlines()[1:]]))
            os.chown(lock, data.stat().st_uid, data.stat().st_gid)
        start(cluster)
        assert ask(cluster, "SELECT 1") == 1
        assert process.poll() is None


@contextmanager
def bystander(*, of: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with the cluster, but runs as the same user."""
    user = of.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=user) as process:
        yield process
        process.kill()


def test_cluster_half_made_by_a_killed_run_is_made_anew(start: Start, cluster: Path) -> None:
    (cluster / "postgres.new").mkdir()
    (cluster / "postgres.new" / "PG_VERSION").write_text("18\n")
    start(cluster)
    assert ask(cluster, "SELECT 1") == 1
    assert not (cluster / "postgres.new").exists()


def test_long_path_puts_the_socket_elsewhere(start: Start, deep_cluster: Path) -> None:
    start(deep_cluster)
    assert deep_cluster not in socket_folder(deep_cluster).parents
    assert ask(deep_cluster, "SELECT 1") == 1


def test_socket_folder_that_others_may_enter_is_refused(start: Start, deep_cluster: Path) -> None:
    socket_folder(deep_cluster).mkdir()
    socket_folder(deep_cluster).chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="only its owner may enter"):
        start(deep_cluster)


def test_server_that_does_not_start_says_why(start: Start, cluster: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL did not start: .*shared_buffers"):
        start(cluster, shared_buffers="none")
