"""Clean rows into the tables: steps 3 and 4 of loading.py, for each kind of file."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.datasets import (
    arrays,
    catalogue,
    codes,
    copying,
    mending,
    partitions,
    people,
    tasks,
    versions,
)
from recweb.datasets.models import Import, ImportState, Item, Kind, Person
from recweb.jobs.run import Run

if TYPE_CHECKING:
    from recweb.datasets.tasks import Catalogue, Interactions, People, Triples
    from training.clean.extras import Extras

CHUNK = 100_000
LARGE = 5_000_000  # rows


def _interactions(
    run: Run, batch: Import, take: "Callable[[], Interactions]", begun: float
) -> None:
    dataset_id, found = batch.dataset_id, take()
    users = codes.assign(Person, dataset_id, found.user_ids)
    items = codes.assign(Item, dataset_id, found.item_ids)
    events = codes.events(dataset_id, found.event_names)
    rows = _recoded(found, users.of, items.of, events.of)
    table = partitions.staging(batch.pk, run.attempt)
    partitions.drop_staging(batch.pk)
    stage(run, batch, table, rows, found.lines, found.extras)
    del found
    run.progress(0.85, 1, _("Making the new version"))
    with run.fenced():
        batch.facts |= {"new_users": len(users.new), "new_items": len(items.new)}
        people.add(dataset_id, users)
        catalogue.add_bare(dataset_id, items)
        people.add_events(dataset_id, events)
        del users, items  # the tables have the ids now, and the version reads them there
        parts = [arrays.read(dataset_id, pk) for pk in versions.loaded(dataset_id)]
        versions.make(run, batch, [*parts, rows])
        partitions.attach(table, dataset_id, batch.pk)
        _done(run, batch, begun)


def _recoded(
    found: "Interactions", users: np.ndarray, items: np.ndarray, events: np.ndarray
) -> arrays.Rows:
    """The file's events by the dataset's codes, written over the file's own."""
    items = np.append(items, np.int32(-1))  # -1, a search, finds the last one
    pairs = ((found.users, users), (found.items, items), (found.events, events))
    for column, codes_of in pairs:
        for part in tasks.workspace().slices(len(column), column):
            column[part] = codes_of[column[part]]
    return arrays.Rows(found.users, found.items, found.events, found.values, found.at)


def stage(
    run: Run,
    batch: Import,
    table: str,
    rows: arrays.Rows,
    lines: np.ndarray,
    extras: "Extras | None",
) -> None:
    """Fill and index the hidden table. One transaction: a new table's rows then skip the log."""
    names = ["line", "user_code", "item_code", "event", "value"]
    if rows.at is not None:
        names.append("at")
    words = _("Loading: %(done)d of %(total)d rows")
    with transaction.atomic(), _parting(run, len(rows)):
        partitions.create_staging(table, batch.dataset_id, batch.pk)
        texts = None if extras is None else extras.parts(CHUNK)
        space = tasks.workspace()
        for chosen in space.slices(len(rows), lines, *rows.columns.values(), size=CHUNK):
            part = rows.take(chosen)
            columns = _columns(part, lines[chosen])
            if texts is None:
                copying.copy_binary(table, names, columns)
            else:
                copying.copy_frame(table, names, columns, next(texts))
            done = chosen.stop
            share = 0.5 + 0.25 * done / len(rows)
            run.progress(share, 1, words % {"done": done, "total": len(rows)})
        if extras is not None:
            extras.close()
        run.progress(0.76, 1, _("Building the indexes"))
        partitions.index(table)


@contextmanager
def _parting(run: Run, rows: int) -> Iterator[None]:
    """Who cancels a large load does not wait until the database has thrown gigabytes away: it does
    that by itself once nobody is connected any more."""
    try:
        yield
    except BaseException:
        if run.stopping and rows > LARGE:
            connection.close()
        raise


def _columns(part: arrays.Rows, lines: np.ndarray) -> list[copying.Column]:
    columns: list[copying.Column] = [
        (lines.astype(np.int64), None),
        (part.users, None),
        (part.items, part.items < 0),
        (part.events, None),
        (part.values.astype(np.float64), np.isnan(part.values)),
    ]
    return columns if part.at is None else [*columns, (part.at, None)]


def _items(run: Run, batch: Import, take: "Callable[[], Catalogue]", begun: float) -> None:
    dataset_id, found = batch.dataset_id, take()
    items = codes.assign(Item, dataset_id, found.item_ids)
    run.progress(0.7, 1, _("Loading the items"))
    with run.fenced():
        catalogue.upsert(dataset_id, items, found, batch.options.get("adds", ()))
        _again(run, batch, {"new_items": len(items.new)})
        _done(run, batch, begun)


def _users(run: Run, batch: Import, take: "Callable[[], People]", begun: float) -> None:
    dataset_id, found = batch.dataset_id, take()
    users = codes.assign(Person, dataset_id, found.user_ids)
    run.progress(0.7, 1, _("Loading the users"))
    with run.fenced():
        people.add(dataset_id, users)
        people.describe(dataset_id, users, found.attributes)
        _again(run, batch, {"new_users": len(users.new)})
        _done(run, batch, begun)


def _triples(run: Run, batch: Import, take: "Callable[[], Triples]", begun: float) -> None:
    dataset_id, found = batch.dataset_id, take()
    names = tuple(dict.fromkeys(found.item_ids))
    items = codes.assign(Item, dataset_id, names)
    code_of = dict(zip(names, items.of.tolist(), strict=True))
    run.progress(0.7, 1, _("Loading the triples"))
    with run.fenced():
        catalogue.add_bare(dataset_id, items)
        catalogue.add_triples(batch, [code_of[name] for name in found.item_ids], found)
        _again(run, batch, {"new_items": len(items.new), "triples": len(found.item_ids)})
        _done(run, batch, begun)


def _again(run: Run, batch: Import, facts: dict[str, Any]) -> None:
    """The same events with other facts around them: a new version, once there are events."""
    batch.facts |= facts
    earlier = versions.loaded(batch.dataset_id)
    if earlier:
        versions.make(run, batch, [arrays.read(batch.dataset_id, pk) for pk in earlier])


def _done(run: Run, batch: Import, begun: float) -> None:
    seconds = time.monotonic() - begun
    batch.facts |= {"seconds": round(seconds, 3), "rows_per_s": round(batch.rows_in / seconds)}
    batch.state = ImportState.LOADED
    batch.save(update_fields=["state", "facts"])
    Import.objects.filter(pk=batch.pk).update(loaded=Now())
    mending.settle(batch)
    run.progress(1, 1, _("Imported %(rows)d rows") % {"rows": batch.accepted})


STEPS: dict[str, Any] = {
    Kind.INTERACTIONS: _interactions,
    Kind.ITEMS: _items,
    Kind.USERS: _users,
    Kind.TRIPLES: _triples,
}
