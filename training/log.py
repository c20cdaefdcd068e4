"""The event log and the catalogue as arrays: what every model, metric and split reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np
from scipy import sparse

from training import store
from training.workspace import Workspace, nothing


@dataclass(frozen=True)
class Log:
    """Events in (time, import, line) order. Users and items are codes from 0, never outside ids.

    users int32 (n,); items int32 (n,), -1 = a search without an item; events int16 (n,), index
    into event_names; values float32 (n,), NaN = none; at int64 (n,) epoch seconds UTC, or None
    when the file has no time. Raises ValueError when lengths or codes do not fit.
    """

    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    values: np.ndarray
    at: np.ndarray | None
    event_names: tuple[str, ...]
    n_users: int
    n_items: int

    def __post_init__(self) -> None:
        n = len(self.users)
        columns = {"items": self.items, "events": self.events, "values": self.values, "at": self.at}
        for name, column in columns.items():
            if column is not None and column.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), got {column.shape}")
        _in_range("users", self.users, 0, self.n_users)
        _in_range("items", self.items, -1, self.n_items)
        _in_range("events", self.events, 0, len(self.event_names))

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Items:
    """The catalogue in code order.

    titles, texts: n_items texts each (texts = title + attributes + description, what an encoder
    reads); topics float32 csr (n_items, n_topics) multi-hot, named by topic_names; years float32
    (n_items,), NaN = unknown; vectors float32 (n_items, d) unit rows, or None before encoding;
    triples int32 (m, 3), what a knowledge graph says: item code, relation (index into
    relation_names), entity (into entity_names), or None without one; modalities: vectors that the
    catalogue came with by name ("image"), each float32 (n_items, d), a row of NaN = none. Raises
    ValueError when lengths or codes do not fit.
    """

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    topic_names: tuple[str, ...]
    topics: sparse.csr_matrix
    years: np.ndarray
    vectors: np.ndarray | None = None
    triples: np.ndarray | None = None
    relation_names: tuple[str, ...] = ()
    entity_names: tuple[str, ...] = ()
    modalities: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.titles)
        if len(self.texts) != n or self.years.shape != (n,):
            raise ValueError(f"{n} titles, {len(self.texts)} texts, years {self.years.shape}")
        if self.topics.shape != (n, len(self.topic_names)):
            raise ValueError(
                f"topics must be ({n}, {len(self.topic_names)}), got {self.topics.shape}"
            )
        if self.vectors is not None and len(self.vectors) != n:
            raise ValueError(f"vectors must have {n} rows, got {len(self.vectors)}")
        for name, rows in self.modalities.items():
            if rows.ndim != 2 or len(rows) != n:
                raise ValueError(f"modality {name} must be ({n}, d), got {rows.shape}")
        if self.triples is not None:
            if self.triples.ndim != 2 or self.triples.shape[1] != 3:
                raise ValueError(f"triples must be (m, 3), got {self.triples.shape}")
            ends = (n, len(self.relation_names), len(self.entity_names))
            for column, (name, high) in enumerate(zip(("item", "relation", "entity"), ends,
                                                      strict=True)):  # fmt: skip
                _in_range(f"triples' {name}", self.triples[:, column], 0, high)

    def __len__(self) -> int:
        return len(self.titles)


class Known(TypedDict, total=False):
    """The fields of Items that a knowledge graph fills; none of them without one."""

    triples: np.ndarray
    relation_names: tuple[str, ...]
    entity_names: tuple[str, ...]


def known(facts: Iterable[tuple[int, str, str]]) -> Known:
    """Facts (item code, relation, entity) as fields of Items, names and rows in order, each once.

    The same facts in another order give the same arrays.
    """
    rows = sorted(set(facts))
    if not rows:
        return {}
    relations = sorted({relation for _, relation, _ in rows})
    entities = sorted({entity for _, _, entity in rows})
    places = [{name: code for code, name in enumerate(names)} for names in (relations, entities)]
    codes = [(item, places[0][relation], places[1][entity]) for item, relation, entity in rows]
    return {
        "triples": np.array(codes, dtype=np.int32),
        "relation_names": tuple(relations),
        "entity_names": tuple(entities),
    }


def save_log(folder: Path, log: Log, pause: Callable[[], None] = nothing) -> str:
    """Store the log as a folder; the manifest's SHA-256 comes back. pause may raise to cancel."""
    arrays = {"users": log.users, "items": log.items, "events": log.events, "values": log.values}
    if log.at is not None:
        arrays["at"] = log.at
    meta = {"event_names": list(log.event_names), "n_users": log.n_users, "n_items": log.n_items}
    return store.write(folder, arrays, meta, pause)


def load_log(folder: Path, *, verify: bool = True) -> Log:
    """The stored log, memory-mapped. Raises store.Corrupt.

    verify: hash all of it first; who shows a few rows of a long log need not.
    """
    arrays, meta = store.read(folder, verify=verify)
    return Log(
        users=arrays["users"],
        items=arrays["items"],
        events=arrays["events"],
        values=arrays["values"],
        at=arrays.get("at"),
        event_names=tuple(meta["event_names"]),
        n_users=meta["n_users"],
        n_items=meta["n_items"],
    )


def save_items(folder: Path, items: Items) -> str:
    """Store the catalogue as a folder; the manifest's SHA-256 comes back."""
    topics = sparse.csr_matrix(items.topics)
    arrays = {
        "topics_data": topics.data,
        "topics_indices": topics.indices,
        "topics_indptr": topics.indptr,
        "years": items.years,
    }
    arrays["titles"], arrays["titles_ends"] = store.pack_texts(items.titles)
    arrays["texts"], arrays["texts_ends"] = store.pack_texts(items.texts)
    if items.vectors is not None:
        arrays["vectors"] = items.vectors
    if items.triples is not None:  # without a graph the folder is what it was before there were any
        arrays["triples"] = items.triples
        for name in ("relation_names", "entity_names"):
            arrays[name], arrays[f"{name}_ends"] = store.pack_texts(getattr(items, name))
    meta: dict[str, object] = {"topic_names": list(items.topic_names)}
    if items.modalities:
        meta["modalities"] = list(items.modalities)
        arrays |= {f"modality_{n}": rows for n, rows in enumerate(items.modalities.values())}
    return store.write(folder, arrays, meta)


def load_items(folder: Path) -> Items:
    """The stored catalogue; years and vectors memory-mapped. Raises store.Corrupt."""
    arrays, meta = store.read(folder)
    names = tuple(meta["topic_names"])
    titles = store.unpack_texts(arrays["titles"], arrays["titles_ends"])
    parts = (arrays["topics_data"], arrays["topics_indices"], arrays["topics_indptr"])
    graph = {
        name: store.unpack_texts(arrays[name], arrays[f"{name}_ends"])
        for name in ("relation_names", "entity_names")
        if name in arrays
    }
    return Items(
        titles=titles,
        texts=store.unpack_texts(arrays["texts"], arrays["texts_ends"]),
        topic_names=names,
        topics=sparse.csr_matrix(parts, shape=(len(titles), len(names))),
        years=arrays["years"],
        vectors=arrays.get("vectors"),
        triples=arrays.get("triples"),
        modalities={
            name: arrays[f"modality_{n}"] for n, name in enumerate(meta.get("modalities", ()))
        },
        **graph,
    )


def _in_range(name: str, codes: np.ndarray, low: int, high: int) -> None:
    ends = Workspace().ends(codes)
    if ends is not None and (ends[0] < low or ends[1] >= high):
        raise ValueError(f"{name} must be in [{low}, {high}), got {ends[0]} to {ends[1]}")
