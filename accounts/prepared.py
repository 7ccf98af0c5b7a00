"""Queries of the hot path, which the ORM puts together once a process: that takes it longer than to answer them."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Expression, Model, QuerySet

from accounts.rows import names_of


class Argument(Expression):
    """Stands in a query set for a value that comes with each asking, under its name. Goes where any expression does."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, *_args: Any, **_kwargs: Any) -> tuple[str, Any]:
        return "%s", [self]


def argument(name: str) -> Any:
    """An Argument where the type checker expects the value itself."""
    return Argument(name)


class Prepared[Thing: Model]:
    """A query set with Arguments in it, asked by their names. NULL equals nothing, not even NULL.

    It is given as a function, since no query can be put together while the apps are loading.
    """

    def __init__(self, queryset: Callable[[], QuerySet[Thing, Any]]) -> None:
        self.queryset = queryset

    @cached_property
    def statement(self) -> tuple[str, Sequence[Any]]:
        """Its SQL, and the parameters, some of which are Arguments."""
        return self.queryset().query.sql_with_params()

    @cached_property
    def model(self) -> type[Thing]:
        return self.queryset().model

    def rows(self, **arguments: Any) -> list[tuple[Any, ...]]:
        """As the database gives them. One query."""
        sql, parameters = self.statement
        values = [arguments[each.name] if isinstance(each, Argument) else each for each in parameters]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def objects(self, **arguments: Any) -> list[Thing]:
        """Of a query set that selects whole rows of its model, and nothing else. One query."""
        return [self.model.from_db(connection.alias, names_of(self.model), row) for row in self.rows(**arguments)]
