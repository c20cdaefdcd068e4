"""The items of a dataset: into the table from a file, and out of it in code order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from recweb.datasets import copying
from recweb.datasets.codes import Codes
from recweb.datasets.models import Item, Triple

if TYPE_CHECKING:
    from recweb.datasets.models import Import
    from recweb.datasets.tasks import Catalogue, Triples

COLUMNS = ("dataset_id", "code", "outside_id", "title", "topics", "year", "text", "attributes")
UPSERT = """
    INSERT INTO datasets_item AS old (dataset_id, code, outside_id, title, topics, year, text,
        attributes, in_catalogue, n_events)
    SELECT dataset_id, code, outside_id, title, topics, year, text, attributes, true, 0
    FROM arriving
    ON CONFLICT (dataset_id, outside_id) DO UPDATE SET title = excluded.title,
        topics = excluded.topics, year = excluded.year, text = excluded.text,
        attributes = excluded.attributes, in_catalogue = true
"""
# vectors that came to items that are there: the rest of them stays as it is
ADD = """
    UPDATE datasets_item item SET attributes = (item.attributes - %s::text[]) || arriving.attributes
    FROM arriving WHERE item.dataset_id = arriving.dataset_id AND item.code = arriving.code
"""


@dataclass(frozen=True)
class Facts:
    """Every item of a dataset, in code order. years float32, NaN = unknown."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]  # "" where the catalogue has none
    topics: tuple[tuple[str, ...], ...]
    years: np.ndarray
    texts: tuple[str, ...]  # the description alone
    attributes: tuple[dict[str, str], ...]
    listed: np.ndarray  # bool: the catalogue names it
    edges: tuple[tuple[int, str, str], ...] = ()  # item code, relation, entity: what is known

    def __len__(self) -> int:
        return len(self.ids)

    def first(self, n: int) -> "Facts":
        """The items that were there when the catalogue had n of them."""
        return Facts(
            self.ids[:n],
            self.titles[:n],
            self.topics[:n],
            self.years[:n],
            self.texts[:n],
            self.attributes[:n],
            self.listed[:n],
            tuple(edge for edge in self.edges if edge[0] < n),
        )

    def told(self, dataset_id: int, batches: Sequence[int]) -> "Facts":
        """The same items with what only these files of triples say of them."""
        return replace(self, edges=edges(dataset_id, batches)).first(len(self))

    def full_texts(self) -> tuple[str, ...]:
        """Title, topics, attributes and description: what an encoder reads; "" = nothing known."""
        rows = zip(self.titles, self.topics, self.attributes, self.texts, strict=True)
        return tuple(
            ". ".join(part for part in (title, ", ".join(topics), *more.values(), text) if part)
            for title, topics, more, text in rows
        )


def read(dataset_id: int) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outside_id, title, topics, year, text, attributes::text, in_catalogue "
            "FROM datasets_item WHERE dataset_id = %s ORDER BY code",
            [dataset_id],
        )
        rows = cursor.fetchall()
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * 7
    return Facts(
        ids=columns[0],
        titles=columns[1],
        topics=tuple(map(tuple, columns[2])),
        years=np.array(columns[3], dtype=np.float32),  # None becomes NaN
        texts=columns[4],
        attributes=tuple({} if text == "{}" else json.loads(text) for text in columns[5]),
        listed=np.array(columns[6], dtype=bool),
        edges=edges(dataset_id),
    )


def upsert(dataset_id: int, codes: Codes, found: "Catalogue", adds: Sequence[str] = ()) -> None:
    """Write the rows of an item file; an item that is there keeps its code and its events.

    adds: attributes that the file brings anew; all else about its items stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE arriving (dataset_id bigint, code int, outside_id text, title text, "
            "topics text[], year int, text text, attributes jsonb) ON COMMIT DROP"
        )
    years = [None if np.isnan(year) else int(year) for year in found.years.tolist()]
    titled = (found.titles, found.item_ids)
    rows = zip(
        [dataset_id] * len(years),
        codes.of.tolist(),
        found.item_ids,
        # without a title the id stands in for it: that is for the page to do, not for the table
        ("" if title == name else title for title, name in zip(*titled, strict=True)),
        found.categories,
        years,
        found.descriptions,
        found.attributes,
        strict=True,
    )
    copying.copy_text("arriving", COLUMNS, rows)
    with connection.cursor() as cursor:
        if adds:
            cursor.execute(ADD, [list(adds)])
        else:
            cursor.execute(UPSERT)
        cursor.execute("DROP TABLE arriving")


def add_bare(dataset_id: int, codes: Codes) -> None:
    """Items that only the log knows: an id and nothing else."""
    names = (*COLUMNS, "in_catalogue", "n_events")
    rest = "\t\t{}\t\\N\t\t{}\tf\t0"  # no title, topics, year, text and attributes
    copying.copy_ids("datasets_item", names, codes.new, dataset_id, codes.first, rest)


def add_triples(batch: "Import", items: Sequence[int], found: "Triples") -> None:
    """What a knowledge graph says of the items, once a triple and dataset."""
    known = set(
        Triple.objects.filter(dataset_id=batch.dataset_id).values_list(
            "item_code", "relation", "entity"
        )
    )
    rows = zip(items, found.relations, found.entities, strict=True)
    copying.copy_text(
        "datasets_triple",
        ("dataset_id", "batch_id", "item_code", "relation", "entity"),
        ((batch.dataset_id, batch.pk, *row) for row in rows if row not in known),
    )


def triples(dataset_id: int) -> list[tuple[str, str, str]]:
    """Item, relation, entity of each triple, by outside ids."""
    rows = Triple.objects.filter(dataset_id=dataset_id).order_by("pk")
    found = list(rows.values_list("item_code", "relation", "entity"))
    if not found:
        return []
    # no join: the database knows nothing yet of rows that came in this very transaction, and
    # held each of 100,000 triples against each of 17,000 items
    items = Item.objects.filter(dataset_id=dataset_id).values_list("code", "outside_id")
    names = dict(items.iterator())
    return [(names[code], relation, entity) for code, relation, entity in found]


def edges(
    dataset_id: int, batches: Sequence[int] | None = None
) -> tuple[tuple[int, str, str], ...]:
    """Item code, relation, entity of each triple, of all files or of some."""
    rows = Triple.objects.filter(dataset_id=dataset_id)
    if batches is not None:
        rows = rows.filter(batch__in=batches)
    return tuple(rows.order_by("pk").values_list("item_code", "relation", "entity"))


def count_events(table: str, dataset_id: int, counts: Sequence[int] | np.ndarray) -> None:
    """Set n_events of each code. table: datasets_item or datasets_person."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE counted (code int, n int) ON COMMIT DROP")
        numbers = np.asarray(counts, dtype=np.int32)
        codes = np.arange(len(numbers), dtype=np.int32)
        copying.copy_binary("counted", ("code", "n"), [(codes, None), (numbers, None)])
        cursor.execute(
            f"UPDATE {table} row SET n_events = counted.n FROM counted "
            "WHERE row.dataset_id = %s AND row.code = counted.code AND row.n_events <> counted.n",
            [dataset_id],
        )
        cursor.execute("DROP TABLE counted")
