"""The arrays of a version on disk: written, mapped, written again without somebody."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from recweb.datasets import tasks
from recweb.datasets.arrays import Rows
from recweb.datasets.catalogue import Facts
from recweb.datasets.clock import CLOCK
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
    folder: Path, wanted: dict[str, int], first: int, last: int
) -> list[tuple[int, int | None, int, float | None, int | None]]:
    """(user, item, event, value, time) of rows first to last in the order of time, of those that
    have these codes; wanted: users, items, events -> code, or none of them."""
    found = log.load_log(folder / "log", verify=False)
    if wanted:
        places = _nth(found, wanted, first, last)
    else:
        places = np.arange(first, min(last, len(found)))
    values = found.values[places]
    items: list[int | None] = [item if item >= 0 else None for item in found.items[places].tolist()]
    at = [None] * len(places) if found.at is None else found.at[places].tolist()
    numbers = [None if np.isnan(value) else float(value) for value in values]
    users, events = found.users[places].tolist(), found.events[places].tolist()
    return list(zip(users, items, events, numbers, at, strict=True))


def many(folder: Path, wanted: dict[str, int]) -> int:
    """How many rows have these codes."""
    found = log.load_log(folder / "log", verify=False)
    return sum(int(hits.sum()) for _, hits in _hits(found, wanted))


def of_item(
    folder: Path, item: int, newest: int, near: int, sample: int
) -> tuple[
    list[tuple[int, str, float | None, int | None]], list[tuple[str, int]], list[tuple[int, int]]
]:
    """(user, event, value, time) of an item's newest rows, newest first; (YYYY-MM, rows), oldest
    first; (item, shared users) of its nearest, most first, among at most `sample` of its users."""
    found = log.load_log(folder / "log", verify=False)
    parts = [start + np.flatnonzero(hits) for start, hits in _hits(found, {"items": item})]
    places = np.concatenate(parts) if parts else np.empty(0, np.int64)
    last = places[::-1][:newest]
    at = [None] * len(last) if found.at is None else found.at[last].tolist()
    values = [None if np.isnan(value) else float(value) for value in found.values[last]]
    names = [found.event_names[code] for code in found.events[last]]
    return (
        list(zip(found.users[last].tolist(), names, values, at, strict=True)),
        [] if found.at is None else _months(found.at[places]),
        _near(found, item, places, near, sample),
    )


def _near(
    found: Log, item: int, places: np.ndarray, most: int, sample: int
) -> list[tuple[int, int]]:
    fans = np.unique(found.users[places])
    wanted = np.zeros(found.n_users, np.bool_)
    wanted[fans[np.linspace(0, len(fans) - 1, min(sample, len(fans)), dtype=np.int64)]] = True
    seen: list[np.ndarray] = []  # a number for each pair of a user and an item
    for start in range(0, len(found), PART):
        part = slice(start, start + PART)
        here = wanted[found.users[part]] & (found.items[part] >= 0)
        items = found.items[part][here].astype(np.int64)
        seen.append(np.unique(found.users[part][here] * np.int64(found.n_items) + items))
    pairs = np.unique(np.concatenate(seen)) if seen else np.empty(0, np.int64)
    counts = np.bincount(pairs % found.n_items, minlength=found.n_items)
    counts[item] = 0
    order = np.argsort(-counts, kind="stable")[:most]
    return [(int(other), int(counts[other])) for other in order if counts[other]]


def _months(at: np.ndarray) -> list[tuple[str, int]]:
    known = at[at >= CLOCK].astype("datetime64[s]").astype("datetime64[M]")
    months, counts = np.unique(known, return_counts=True)
    return list(zip(months.astype(str).tolist(), counts.tolist(), strict=True))


def _hits(found: Log, wanted: dict[str, int]) -> Iterator[tuple[int, np.ndarray]]:
    """(place of its first row, which rows have these codes) of one part after the other."""
    for start in range(0, len(found), PART):
        part = slice(start, start + PART)
        columns = [getattr(found, name)[part] == code for name, code in wanted.items()]
        yield start, np.logical_and.reduce(columns)


def _nth(found: Log, wanted: dict[str, int], first: int, last: int) -> np.ndarray:
    """Places of the first-th to last-th row of such; looks no further than these."""
    places: list[np.ndarray] = []
    done = 0
    for start, hits in _hits(found, wanted):
        here = np.flatnonzero(hits) + start
        places.append(here[max(first - done, 0) : max(last - done, 0)])
        done += len(here)
        if done >= last:
            break
    return np.concatenate(places) if places else np.empty(0, np.int64)


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
