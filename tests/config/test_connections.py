"""A database that was restarted costs nobody an error: dead connections are not lent, and live ones not asked."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from config import connections


@pytest.fixture
def pool(postgres: str) -> Iterator[ConnectionPool]:
    with ConnectionPool(postgres, min_size=1, max_size=1, check=connections.check) as pool:
        yield pool


def backend_of(pool: ConnectionPool) -> int:
    with pool.connection() as connection:
        return connection.info.backend_pid


def test_another_connection_takes_the_place_of_one_that_was_cut(pool, postgres):
    cut = backend_of(pool)
    with psycopg.connect(postgres, autocommit=True) as administrator:
        # Returns when it is gone, or false after so many milliseconds.
        assert administrator.execute("SELECT pg_terminate_backend(%s, 15000)", [cut]).fetchone() == (True,)
    with pool.connection() as connection:
        assert connection.info.backend_pid != cut
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_live_connection_is_lent_again_without_being_asked(pool, monkeypatch):
    first = backend_of(pool)
    monkeypatch.setattr(ConnectionPool, "check_connection", lambda connection: pytest.fail("asked"))
    assert backend_of(pool) == first
