from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config import health

type Age = Callable[[timedelta], None]


@pytest.fixture(autouse=True)
def forget_what_was_seen() -> None:
    health._migrations_applied.cache_clear()


@pytest.fixture
def worker(db: None) -> Age:
    """Enter a worker whose last sign of life is so old."""

    def enter(age: timedelta) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [timezone.now() - age])

    return enter


@pytest.fixture
def broken_database(db: None) -> Iterator[None]:
    def refuse(*arguments: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        yield


def checks(client: Client) -> tuple[int, dict[str, bool]]:
    response = client.get("/readyz")
    answer: dict[str, Any] = response.json()
    assert answer["ready"] == (response.status_code == 200)
    return response.status_code, answer["checks"]


def test_alive_needs_no_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})
    assert "no-store" in response["Cache-Control"]


def test_ready_when_database_migrations_and_a_worker_are_there(client: Client, worker: Age) -> None:
    worker(timedelta(seconds=5))
    assert checks(client) == (200, {"database": True, "migrations": True, "worker": True})


def test_not_ready_without_a_worker(client: Client, db: None) -> None:
    assert checks(client) == (503, {"database": True, "migrations": True, "worker": False})


def test_not_ready_with_a_worker_that_went_silent(client: Client, worker: Age) -> None:
    worker(timedelta(minutes=5))
    assert checks(client) == (503, {"database": True, "migrations": True, "worker": False})


def test_not_ready_until_the_last_migration_is_applied(client: Client, worker: Age) -> None:
    worker(timedelta(0))
    recorder = MigrationRecorder(connection)
    last = recorder.migration_qs.filter(app="chat").latest("id")
    recorder.record_unapplied(last.app, last.name)
    assert checks(client) == (503, {"database": True, "migrations": False, "worker": True})
    recorder.record_applied(last.app, last.name)
    assert checks(client)[0] == 200


def test_not_ready_when_the_database_refuses(client: Client, worker: Age, broken_database: None) -> None:
    assert checks(client) == (503, {"database": False, "migrations": False, "worker": False})


def test_migrations_are_read_once(client: Client, worker: Age, django_assert_num_queries: Callable[[int], Any]) -> None:
    worker(timedelta(0))
    checks(client)
    with django_assert_num_queries(2):
        checks(client)


def test_metrics_are_shown_to_this_machine(client: Client) -> None:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert b"process_resident_memory_bytes" in response.content or b"python_info" in response.content


@pytest.mark.parametrize(
    "stranger",
    [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_FORWARDED": "for=127.0.0.1"}],
)
def test_metrics_are_hidden_from_strangers(client: Client, stranger: dict[str, Any]) -> None:
    assert client.get("/metrics", **stranger).status_code == 404


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_nothing_else_than_reading_is_allowed(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
