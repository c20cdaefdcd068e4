"""A version as CSV: the same bytes each time; users by pseudonym unless an admin asks (ABU-09)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from recweb.datasets import privacy, tasks
from recweb.datasets.clock import moment
from recweb.datasets.models import Item, Person, Version

if TYPE_CHECKING:
    from training.log import Log

HEADER = ("user", "item", "event", "value", "time")
BLOCK = 10_000
Row = tuple[str, str, str, float | str, str]


def rows(version: Version, *, outside: bool) -> Iterator[Row]:
    """Events in the order of time, import and line. outside: the users' own ids."""
    log, _items = tasks.load_version(version)
    users = _users(version, outside)
    items = dict(Item.objects.filter(dataset=version.dataset_id).values_list("code", "outside_id"))
    for first in range(0, len(log), BLOCK):
        yield from _block(log, first, users, items)


def _block(log: "Log", first: int, users: list[str], items: dict[int, str]) -> Iterator[Row]:
    part = slice(first, first + BLOCK)
    times = [None] * BLOCK if log.at is None else log.at[part].tolist()
    columns = (log.users[part], log.items[part], log.events[part], log.values[part])
    for user, item, event, value, at in zip(
        *(column.tolist() for column in columns), times, strict=False
    ):
        shown = "" if value != value else f"{value:.7g}"  # NaN: there is none
        when = moment(at)
        named = users[user], items.get(item, ""), log.event_names[event], shown
        yield (*named, "" if when is None else when.isoformat())


def _users(version: Version, outside: bool) -> list[str]:
    found = Person.objects.filter(dataset=version.dataset_id, code__lt=version.n_users)
    ids = found.order_by("code").values_list("outside_id", flat=True)
    if outside or privacy.wants_pseudonyms(version.dataset):
        return list(ids)
    secret = privacy.key(version.dataset_id)
    return [privacy.of(secret, text)[: privacy.LONG] for text in ids]
