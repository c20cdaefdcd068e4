"""The users of a log: new codes, and what a user file says about them."""

import json
import re
import secrets
from collections.abc import Sequence

from django.db import connection

from recweb.datasets import copying
from recweb.datasets.codes import Codes
from recweb.datasets.models import EventName
from recweb.datasets.patience import check

PART = 100_000  # rows fetched at a time
NONE: dict[str, str] = {}
COLUMNS = ("dataset_id", "code", "outside_id", "n_events", "attributes")

NOBODY = "^erased-[0-9a-f]{16}$"  # whose code stays, for arrays count on codes without holes


def nobody() -> str:
    """The outside id of an erased user's row."""
    return f"erased-{secrets.token_hex(8)}"


def nobodies(ids: Sequence[str]) -> int:
    """How many of these rows are an erased user's."""
    return sum(re.fullmatch(NOBODY, each) is not None for each in ids)


def add(dataset_id: int, codes: Codes) -> None:
    rest = "\t0\t{}"
    copying.copy_ids("datasets_person", COLUMNS, codes.new, dataset_id, codes.first, rest)


def describe(dataset_id: int, codes: Codes, attributes: Sequence[dict[str, str]]) -> None:
    """Write the attributes of a user file; the users are there already."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE arriving (code int, attributes jsonb) ON COMMIT DROP")
        rows = zip(codes.of.tolist(), attributes, strict=True)
        copying.copy_text("arriving", ("code", "attributes"), rows)
        cursor.execute(
            "UPDATE datasets_person row SET attributes = arriving.attributes FROM arriving "
            "WHERE row.dataset_id = %s AND row.code = arriving.code",
            [dataset_id],
        )
        cursor.execute("DROP TABLE arriving")


def read(dataset_id: int) -> tuple[tuple[str, ...], tuple[dict[str, str], ...]]:
    """(outside ids, attributes) in code order."""
    ids: list[str] = []
    attributes: list[dict[str, str]] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT outside_id, nullif(attributes::text, '{}') FROM datasets_person "
            "WHERE dataset_id = %s ORDER BY code",
            [dataset_id],
        )
        while rows := cursor.fetchmany(PART):
            check()
            ids += [row[0] for row in rows]
            # most users have none: they share one, for each would take as much as the id
            attributes += [NONE if row[1] is None else json.loads(row[1]) for row in rows]
    return tuple(ids), tuple(attributes)


def add_events(dataset_id: int, codes: Codes) -> None:
    EventName.objects.bulk_create(
        EventName(dataset_id=dataset_id, code=codes.first + place, name=name)
        for place, name in enumerate(codes.new)
    )


def event_names(dataset_id: int) -> tuple[str, ...]:
    rows = EventName.objects.filter(dataset_id=dataset_id).order_by("code")
    return tuple(rows.values_list("name", flat=True))
