"""A page of a long log, from the version's arrays: no page waits for the rows before it."""

from typing import Any, NamedTuple

from django.db import connection

from recweb.datasets import tasks
from recweb.datasets.exports import version_folder
from recweb.datasets.models import Kind, Version

LONG = (
    100_000  # rows from which the table itself takes too long to skip those that it does not show
)


class Line(NamedTuple):
    """An event of the version; the file and line that it came from, None where they are gone."""

    user_code: int
    item_code: int | None
    event: int
    value: float | None
    at: int | None
    import_id: int | None
    line: int | None


# "last line wins": of equal events the one of the newest file. The users' rows are read once, not
# for each event again: a user may have a hundred thousand
FOUND = """
    WITH log AS MATERIALIZED (
        SELECT user_code, item_code, event, at, import_id, line FROM datasets_interaction
        WHERE dataset_id = %(dataset)s AND user_code = ANY(%(users)s::bigint[])
            AND (item_code IS NULL OR item_code = ANY(%(items)s::bigint[]))
            AND (%(timeless)s OR at = ANY(%(at)s::bigint[]))
    )
    SELECT DISTINCT ON (n) n, import_id, line
    FROM unnest(%(users)s::bigint[], %(items)s::bigint[], %(events)s::int[], %(at)s::bigint[])
        WITH ORDINALITY AS wanted (user_code, item_code, event, at, n)
    JOIN log ON log.user_code = wanted.user_code AND log.event = wanted.event
        AND log.item_code IS NOT DISTINCT FROM wanted.item_code
        AND (wanted.at IS NULL OR log.at = wanted.at)
    ORDER BY n, array_position(%(files)s::bigint[], import_id) DESC, line DESC
"""


class Timeline:
    """What a paginator asks for. wanted: users, items, events -> the code that rows must have;
    n: how many have it, where that is known."""

    ordered = True

    def __init__(self, version: Version, wanted: dict[str, int], n: int | None) -> None:
        self.version, self.wanted, self.folder = version, wanted, version_folder(version)
        self.n = tasks.count_rows(self.folder, wanted) if n is None else n

    def count(self) -> int:
        return self.n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, part: slice) -> list[Line]:
        rows = tasks.some_rows(self.folder, self.wanted, part.start or 0, part.stop or self.n)
        places = self._places(rows)
        return [Line(*row, *places.get(n, (None, None))) for n, row in enumerate(rows, start=1)]

    def _places(self, rows: list[tuple[Any, ...]]) -> dict[int, tuple[int, int]]:
        files = self.version.imports.filter(kind=Kind.INTERACTIONS).order_by("loaded", "pk")
        users, items, events, _values, at = map(list, zip(*rows, strict=True)) if rows else [[]] * 5
        given: dict[str, Any] = {"users": users, "items": items, "events": events, "at": at}
        given |= {
            "timeless": None in at,
            "dataset": self.version.dataset_id,
            "files": [batch.pk for batch in files],
        }
        with connection.cursor() as cursor:
            cursor.execute(FOUND, given)
            return {int(n): (int(import_id), int(line)) for n, import_id, line in cursor.fetchall()}
