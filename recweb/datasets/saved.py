"""The arrays of a version on disk: written, mapped, written again without somebody."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from recweb.datasets import tasks
from recweb.datasets.arrays import Rows
from recweb.datasets.catalogue import Facts
from recweb.datasets.patience import check
from training import log
from training.clean import modalities
from training.log import Items, Log

PART = 1 << 22  # rows


def save(folder: Path, rows: Rows, names: tuple[str, ...], n_users: int, facts: Facts) -> None:
    """folder/log and folder/items."""
    n_items = len(facts)
    saved = Log(rows.users, rows.items, rows.events, rows.values, rows.at, names, n_users, n_items)
    log.save_log(folder / "log", saved, check)
    log.save_items(folder / "items", _items(facts))


def _items(facts: Facts) -> Items:
    names = sorted({topic for topics in facts.topics for topic in topics}, key=str.encode)
    place = {name: column for column, name in enumerate(names)}
    ends = np.cumsum([0, *(len(topics) for topics in facts.topics)])
    columns = np.array(
        [column for topics in facts.topics for column in sorted(place[t] for t in topics)],
        dtype=np.int32,
    )
    data = np.ones(len(columns), dtype=np.float32)
    own = modalities.read(facts.attributes)
    words = replace(facts, attributes=modalities.without(facts.attributes, own)) if own else facts
    return Items(
        titles=tuple(title or text for title, text in zip(facts.titles, facts.ids, strict=True)),
        texts=words.full_texts(),
        topic_names=tuple(names),
        topics=sparse.csr_matrix((data, columns, ends), shape=(len(facts), len(names))),
        years=facts.years,
        modalities={each.name: each.vectors for each in own},
        **log.known(facts.edges),
    )


def load(folder: Path) -> tuple[Log, Items]:
    return log.load_log(folder / "log"), log.load_items(folder / "items")


def some(
    folder: Path, event: int | None, first: int, last: int
) -> list[tuple[int, int | None, int, float | None, int | None]]:
    """(user, item, event, value, time) of rows first to last in the order of time; event: of
    those of this kind."""
    found = log.load_log(folder / "log", verify=False)
    if event is None:
        places = np.arange(first, min(last, len(found)))
    else:
        places = _nth(found.events, event, first, last)
    values = found.values[places]
    items: list[int | None] = [item if item >= 0 else None for item in found.items[places].tolist()]
    at = [None] * len(places) if found.at is None else found.at[places].tolist()
    numbers = [None if np.isnan(value) else float(value) for value in values]
    users, events = found.users[places].tolist(), found.events[places].tolist()
    return list(zip(users, items, events, numbers, at, strict=True))


def _nth(events: np.ndarray, event: int, first: int, last: int) -> np.ndarray:
    """Places of the first-th to last-th row of a kind; looks no further than these."""
    found: list[np.ndarray] = []
    done = 0
    for start in range(0, len(events), PART):
        hits = np.flatnonzero(events[start : start + PART] == event) + start
        found.append(hits[max(first - done, 0) : max(last - done, 0)])
        done += len(hits)
        if done >= last:
            break
    return np.concatenate(found) if found else np.empty(0, np.int64)


def redact(old: Path, new: Path, user: int) -> int:
    """Written again without one user's events; how many these were."""
    found, space, done = log.load_log(old / "log"), tasks.workspace(), 0
    columns = Rows(found.users, found.items, found.events, found.values, found.at).columns
    made = {name: space.room(len(found), column.dtype) for name, column in columns.items()}
    for each in space.slices(len(found), *columns.values(), *made.values()):
        kept = found.users[each] != user
        last = done + int(np.count_nonzero(kept))
        for name, column in columns.items():
            made[name][done:last] = column[each][kept]
        done = last
    rest = {name: column[:done] for name, column in made.items()}
    log.save_log(new / "log", replace(found, **rest))  # type: ignore[arg-type]
    log.save_items(new / "items", log.load_items(old / "items"))
    return len(found) - done
