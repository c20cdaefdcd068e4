"""Users by id, items by id or title: a part is enough, also in Chinese.

Titles by three characters or more go through pg_trgm; shorter ones that are not ASCII through the
index of character pairs (migration 0004); one or two ASCII characters begin a word. Ids are found
by their beginning. What is found is put in order after it is found: left to itself, the database
walks all items from the most popular one until fifty fit, which is right only for many hits.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection

from recweb.datasets.models import Dataset, Item, Person
from recweb.datasets.rows import clean

LONGEST = 200  # characters of a query
COUNTED = 5_000  # hits from which a list says "or more"
ORDER = "ORDER BY n_events DESC, code"
HOLDS = "lower(title) LIKE %s"  # half the time of ILIKE, where no index is asked
Row = TypeVar("Row", bound=Person | Item)


class Branch(NamedTuple):
    where: str  # SQL that an index fits
    given: list[Any]  # its values
    plain: str  # the same, cheap for a single row
    said: list[Any]  # its values


class Hits(Generic[Row]):
    """Rows of a dataset, most events first: what a paginator cuts pages from.

    branches: conditions, each of which may go through an index of its own; a row
    is found when one of them holds. None: all rows.
    """

    ordered = True  # what Django's paginator asks

    def __init__(
        self, table: type[Row], dataset_id: int, branches: Sequence[Branch], also: str = ""
    ) -> None:
        self.table: type[Row] = table
        self.dataset_id = dataset_id
        self.branches: Sequence[Branch] = branches or [Branch("true", [], "true", [])]
        self.also = also
        self.searched = bool(branches)

    def _found(self, limit: str = "") -> tuple[str, list[Any]]:
        """(SELECT of code and n_events, its values)."""
        name = self.table._meta.db_table
        more = f" AND ({self.also})" if self.also else ""
        parts: list[str] = []
        given: list[Any] = []
        for branch in self.branches:
            where = f"dataset_id = %s AND {branch.where}{more}{limit}"
            parts.append(f"(SELECT code, n_events FROM {name} WHERE {where})")
            given.extend([self.dataset_id, *branch.given])
        # not UNION: it would sort every hit before a limit counts
        return " UNION ALL ".join(parts), given

    @cached_property
    def _few(self) -> list[int] | None:
        """Codes of all hits, in order; None when there are COUNTED or more."""
        sql, given = self._found(f" LIMIT {COUNTED}")
        with connection.cursor() as cursor:
            # too many are neither put in order nor sent
            cursor.execute(
                f"WITH found AS MATERIALIZED ({sql}), "
                "many AS (SELECT count(*) >= %s AS yes FROM found) "
                "SELECT many.yes, code FROM many LEFT JOIN found ON NOT many.yes "
                f"{ORDER}",
                [*given, COUNTED],
            )
            rows = cursor.fetchall()
        # what both its id and its title name came twice
        return (
            None
            if rows[0][0]
            else list(dict.fromkeys(code for _, code in rows if code is not None))
        )

    @cached_property
    def _count(self) -> int:
        if self.searched:
            return COUNTED if self._few is None else len(self._few)
        sql, given = self._found()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) hits", given)
            return int(cursor.fetchone()[0])

    def count(self) -> int:
        """At most COUNTED where something is searched for."""
        return self._count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return iter(self[0 : self._count])

    def __getitem__(self, part: slice) -> list[Row]:
        first, last = part.start or 0, part.stop if part.stop is not None else self._count
        if self.searched and self._few is not None:
            codes = self._few[first:last]
        else:
            codes = self._walk(max(0, last - first), first)
        rows: Any = self.table._default_manager.filter(dataset_id=self.dataset_id, code__in=codes)
        # long texts lie elsewhere on the disk, and no list shows them
        rows = rows.defer(*({"text", "attributes"} & {f.name for f in self.table._meta.fields}))
        known = {row.code: row for row in rows}
        return [known[code] for code in codes]

    def _walk(self, limit: int, offset: int) -> list[int]:
        """Many hits are met by walking from the most popular row on, which `|| ''` makes sure of:
        no index fits then but the one of the order."""
        either = " OR ".join(f"({branch.plain})" for branch in self.branches)
        either = either.replace("title", "(title || '')").replace(
            "outside_id", "(outside_id || '')"
        )
        more = f" AND ({self.also})" if self.also else ""
        name = self.table._meta.db_table
        values = [value for branch in self.branches for value in branch.said]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT code FROM {name} WHERE dataset_id = %s AND ({either}){more} {ORDER} "
                "LIMIT %s OFFSET %s",
                [self.dataset_id, *values, limit, offset],
            )
            return [code for (code,) in cursor.fetchall()]

    def only(self, where: str) -> "Hits[Row]":
        """Those of them for which this SQL (ours, never a reader's) holds."""
        return Hits(self.table, self.dataset_id, self.branches if self.searched else [], where)


def people(dataset: Dataset, text: str) -> Hits[Person]:
    wanted = clean(text.strip())[:LONGEST]
    return Hits(Person, dataset.pk, [_id(wanted)] if wanted else [])


def items(dataset: Dataset, text: str) -> Hits[Item]:
    wanted = clean(text.strip())[:LONGEST]
    return Hits(Item, dataset.pk, [_title(wanted), _id(wanted)] if wanted else [])


def _id(wanted: str) -> Branch:
    return _same("outside_id LIKE %s", [f"{escaped(wanted)}%"])


def _title(wanted: str) -> Branch:
    """Titles that hold these characters."""
    like, low = escaped(wanted), wanted.lower()
    small = escaped(low)
    if not wanted.isascii():
        pairs = [low[place : place + 2] for place in range(len(low) - 1)] or [low]
        named = [pair for pair in pairs if not pair.isascii()]
        where = f"recweb_pairs(title) @> %s::text[] AND {HOLDS}"
        return Branch(where, [named, f"%{small}%"], HOLDS, [f"%{small}%"])
    if len(wanted) < 3:
        where, plain = "(title ILIKE %s OR title ILIKE %s)", f"({HOLDS} OR {HOLDS})"
        return Branch(where, [f"{like}%", f"% {like}%"], plain, [f"{small}%", f"% {small}%"])
    return Branch("title ILIKE %s", [f"%{like}%"], HOLDS, [f"%{small}%"])


def _same(where: str, given: list[Any]) -> Branch:
    return Branch(where, given, where, given)


def escaped(text: str) -> str:
    """For LIKE: no character of a reader's is a wildcard (ABU-06)."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
