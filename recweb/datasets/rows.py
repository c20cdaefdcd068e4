"""Codes to names and back, and what one user or item did. Duplicates of other files left out."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from recweb.datasets.clock import CLOCK
from recweb.datasets.models import Item, Person
from recweb.lib.prepared import Prepared


class Named(NamedTuple):
    outside_id: str
    title: str
    topics: list[str]

    @property
    def name(self) -> str:
        return self.title or self.outside_id


class Event(NamedTuple):
    """One event of a user or of an item; the code is the other side's (None: a search)."""

    code: int | None
    event: str
    value: float | None
    at: int | None  # epoch seconds


TITLES = """
    SELECT code, outside_id, title, topics FROM datasets_item
    WHERE dataset_id = %s AND code = ANY(%s::bigint[])
"""


def _persons(dataset: int, outside_id: str) -> QuerySet[Person, Any]:
    rows = Person.objects.filter(dataset=dataset, outside_id=outside_id)
    return rows.values_list("code", flat=True)


USER_CODE = Prepared(_persons)


def titles(dataset_id: int, codes: Iterable[int]) -> dict[int, Named]:
    with connection.cursor() as cursor:
        cursor.execute(TITLES, [dataset_id, sorted({int(code) for code in codes})])
        return {code: Named(*named) for code, *named in cursor.fetchall()}


def user_ids(dataset_id: int, codes: Iterable[int]) -> dict[int, str]:
    rows = Person.objects.filter(dataset_id=dataset_id, code__in={int(code) for code in codes})
    return dict(rows.values_list("code", "outside_id"))


def user_code(dataset_id: int, outside_id: str) -> int | None:
    found = USER_CODE.rows(dataset=dataset_id, outside_id=clean(outside_id))
    return found[0][0] if found else None


def user_codes(dataset_id: int, outside_ids: Iterable[str]) -> dict[str, int]:
    """Of those that are there."""
    found = Person.objects.filter(dataset_id=dataset_id, outside_id__in={*map(clean, outside_ids)})
    return dict(found.values_list("outside_id", "code"))


def titled(dataset_id: int, outside_id: str) -> dict[int, Named]:
    """The item of this id by its code; empty when it is not there."""
    found = Item.objects.filter(dataset_id=dataset_id, outside_id=clean(outside_id))
    shown = found.values_list("code", "outside_id", "title", "topics")
    return {code: Named(name, title, topics) for code, name, title, topics in shown}


def clean(outside_id: str) -> str:
    """Postgres takes no NUL, and no id holds one: such an id is simply not there."""
    return outside_id.replace("\0", "\ufffd")


# the newest line of each event: what "last line wins" leaves of several files
HISTORY = """
    SELECT other, name, value, at FROM (
        SELECT DISTINCT ON (other, event, at) other, event, value, at, import_id, line FROM (
            SELECT {other} AS other, event, value, at, import_id, line
            FROM datasets_interaction WHERE dataset_id = %(dataset)s AND {mine} = %(code)s
        ) mine ORDER BY other, event, at, import_id DESC, line DESC
    ) kept
    JOIN datasets_eventname names ON names.dataset_id = %(dataset)s AND names.code = kept.event
    ORDER BY at DESC NULLS LAST, import_id DESC, line DESC LIMIT %(limit)s
"""


def history(dataset_id: int, user_code: int, limit: int = 100) -> list[Event]:
    """What a user did, newest first."""
    return _events(
        HISTORY.format(other="item_code", mine="user_code"), dataset_id, user_code, limit
    )


TOUCHED = """
    SELECT DISTINCT item_code FROM datasets_interaction
    WHERE dataset_id = %s AND user_code = %s AND item_code IS NOT NULL ORDER BY item_code
"""


def touched(dataset_id: int, user_code: int) -> list[int]:
    """Codes of all items that a user did anything with, however many."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, [dataset_id, user_code])
        return [code for (code,) in cursor.fetchall()]


def audience(dataset_id: int, item_code: int, limit: int = 100) -> list[Event]:
    """Who did something with an item, newest first."""
    return _events(
        HISTORY.format(other="user_code", mine="item_code"), dataset_id, item_code, limit
    )


def _events(sql: str, dataset_id: int, code: int, limit: int) -> list[Event]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"dataset": dataset_id, "code": code, "limit": limit})
        return [Event(*row) for row in cursor.fetchall()]


MONTHS = """
    SELECT to_char(to_timestamp(at) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) FROM (
        SELECT DISTINCT {other}, event, at FROM datasets_interaction
        WHERE dataset_id = %(dataset)s AND {mine} = %(code)s AND at >= %(clock)s
    ) kept GROUP BY month ORDER BY month
"""
TASTE = """
    WITH mine AS (
        SELECT DISTINCT item_code, event, at FROM datasets_interaction
        WHERE dataset_id = %(dataset)s AND user_code = %(code)s AND item_code IS NOT NULL
    ), named AS (
        SELECT topics FROM mine JOIN datasets_item item
            ON item.dataset_id = %(dataset)s AND item.code = mine.item_code
    )
    SELECT topic, count(*), (SELECT count(*) FROM named) FROM named, unnest(topics) topic
    GROUP BY topic ORDER BY count(*) DESC, topic COLLATE "C" LIMIT %(limit)s
"""


def months(dataset_id: int, code: int, side: str) -> list[tuple[str, int]]:
    """(YYYY-MM, events), oldest first, of all events. side: "user" or "item", whose code it is."""
    sides = {"user": ("user_code", "item_code"), "item": ("item_code", "user_code")}
    mine, other = sides[side]
    with connection.cursor() as cursor:
        given = {"dataset": dataset_id, "code": code, "clock": CLOCK}
        cursor.execute(MONTHS.format(mine=mine, other=other), given)
        return [(str(month), int(n)) for month, n in cursor.fetchall()]


def taste(dataset_id: int, user_code: int, limit: int = 10) -> list[tuple[str, float]]:
    """(category, share of the user's events), largest first, of all events."""
    given = {"dataset": dataset_id, "code": user_code, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(TASTE, given)
        return [(str(topic), n / whole) for topic, n, whole in cursor.fetchall()]


def neighbours(
    dataset_id: int, item_code: int, limit: int = 10, sample: int = 300
) -> list[tuple[int, int]]:
    """(item code, shared users), most first, among at most `sample` users of the item."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH fans AS (
                SELECT DISTINCT user_code FROM (
                    SELECT user_code FROM datasets_interaction
                    WHERE dataset_id = %(dataset)s AND item_code = %(code)s LIMIT %(sample)s
                ) sampled
            )
            SELECT item_code, count(DISTINCT user_code) AS shared
            FROM datasets_interaction JOIN fans USING (user_code)
            WHERE dataset_id = %(dataset)s AND item_code <> %(code)s
            GROUP BY item_code ORDER BY shared DESC, item_code LIMIT %(limit)s
            """,
            {"dataset": dataset_id, "code": item_code, "limit": limit, "sample": sample},
        )
        return [(int(code), int(shared)) for code, shared in cursor.fetchall()]
