"""What the log says about one item: who took it up, when, and what else these did."""

from typing import NamedTuple

from recweb.datasets import rows, tasks, timeline
from recweb.datasets.exports import version_folder
from recweb.datasets.models import Dataset, Item

NEAR = 10
FANS = 300  # users of the item among whom its neighbours are counted


class Story(NamedTuple):
    """newest: the last events, newest first; months: (YYYY-MM, events), oldest first; near:
    (item code, shared users), most first."""

    newest: list[rows.Event]
    months: list[tuple[str, int]]
    near: list[tuple[int, int]]


def story(dataset: Dataset, item: Item, newest: int) -> Story:
    """Of all events; of an item with very many, of those of the newest version, from its arrays:
    the table takes seconds to tell the repeated ones from the others."""
    if item.n_events <= timeline.LONG or (version := dataset.version) is None:
        return Story(
            rows.audience(dataset.pk, item.code, newest),
            rows.months(dataset.pk, item.code, "item"),
            rows.neighbours(dataset.pk, item.code, NEAR, FANS),
        )
    last, months, near = tasks.item_rows(version_folder(version), item.code, newest, (NEAR, FANS))
    return Story([rows.Event(*event) for event in last], months, near)
