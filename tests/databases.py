"""Databases on the tests' PostgreSQL for sites of their own, made as copies where that spares the migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

# As the migrations leave it. There as soon as a test has needed the tests' own database.
MIGRATED = "parley_migrated"


def database_of_a_site(postgres: str, name: str) -> str:
    """The address of a new database. What is not migrated in it, the site's start migrates."""
    with psycopg.connect(postgres) as server:
        is_there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [MIGRATED]).fetchone()
    make_database(postgres, name, template=MIGRATED if is_there else "template1")
    return address_of(postgres, name)


def address_of(postgres: str, name: str) -> str:
    return urlsplit(postgres)._replace(path=f"/{name}").geturl()


def make_database(postgres: str, name: str, *, template: str = "template1") -> None:
    """In place of one that an earlier run may have left. Nobody may be connected to the template."""
    drop_database(postgres, name)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))


def drop_database(postgres: str, name: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def in_a_database_of_its_own(postgres: str, *, template: str) -> Iterator[None]:
    """For the length of the block the ORM is at work in a new database."""
    usual, own = connection.settings_dict["NAME"], "parley_alone"
    connection.close()
    make_database(postgres, own, template=template)
    connection.settings_dict["NAME"] = own
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
        drop_database(postgres, own)
