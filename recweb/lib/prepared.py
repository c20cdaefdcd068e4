"""A query whose SQL is written once.

Where an answer takes ten milliseconds, Django's compiler takes four of them to write the same SQL
for every request again. The rows come as Postgres has them: JSON as text, no model around them.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import QuerySet

MARK = 1_900_000_000  # whole numbers from here on stand for those to come: they fit any column


class Prepared:
    """`build(**marks)` gives the queryset (with values_list) for marks in place of what is asked
    later by `rows(**given)`; strings and whole numbers only. A wish that changes the SQL itself is
    `shape`: it is handed to `build` as it stands, and each shape is compiled for itself."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self.made: dict[tuple[Any, ...], tuple[str, list[Any]]] = {}

    def rows(self, *shape: Any, **given: str | int) -> list[tuple[Any, ...]]:
        key = (*shape, *sorted(given))
        if key not in self.made:
            self.made[key] = self._compile(shape, given)
        sql, params = self.made[key]
        values = [given[value.name] if isinstance(value, Hole) else value for value in params]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def _compile(
        self, shape: tuple[Any, ...], given: dict[str, str | int]
    ) -> tuple[str, list[Any]]:
        marks: dict[str, str | int] = {
            name: f"\u2063{name}" if isinstance(value, str) else MARK + place
            for place, (name, value) in enumerate(given.items())
        }
        names = {mark: name for name, mark in marks.items()}
        sql, params = self.build(*shape, **marks).query.sql_with_params()
        holes = [
            Hole(names[value]) if isinstance(value, str | int) and value in names else value
            for value in params
        ]
        left = set(given) - {value.name for value in holes if isinstance(value, Hole)}
        if left:
            raise ValueError(f"the query does not ask for {sorted(left)}")
        return sql, holes


class Hole:
    """A place that is filled for each asking."""

    def __init__(self, name: str) -> None:
        self.name = name
