"""Pooled connections to the database: those that a restart of it has cut are not lent."""

import select

import psycopg
from psycopg_pool import ConnectionPool


def check(connection: psycopg.Connection) -> None:
    """Raise psycopg.OperationalError for a dead connection, which makes the pool take another.

    Between two uses the server says nothing, so only a connection that has something to read is asked: the usual one
    costs no round trip.
    """
    readable = select.poll()
    readable.register(connection.fileno(), select.POLLIN)
    if readable.poll(0):
        ConnectionPool.check_connection(connection)
