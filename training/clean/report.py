"""What cleaning is told and what it answers: plain frozen values, ready for a page or a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from training.clean import modalities
from training.clean.extras import Extras
from training.clean.reasons import Value

Kind = Literal["interactions", "items", "users", "triples"]
Format = Literal["events", "sequences", "counted"]
Progress = Callable[[int, int, int], None]  # rows read, bytes read, bytes in all; may raise


@dataclass(frozen=True)
class Limits:
    """How much is taken. Bytes, rows, columns; `cell` and `line` in characters, `id` in bytes.

    unpacked: bytes that a packed file may grow to; ratio: and how many times its packed size.
    """

    file: int = 512 * 2**20
    unpacked: int = 4 * 2**30
    ratio: int = 200
    rows: int = 50_000_000
    columns: int = 200
    cell: int = 65_536
    id: int = 256
    line: int = 16 * 2**20
    kept: int = 1000  # quarantined rows kept with their content
    bad_share: float = 0.05  # above it somebody must decide


@dataclass(frozen=True)
class Options:
    """What the one who uploads has chosen; every default is "find out, or be strict".

    encoding: utf-8, utf-16, gb18030, cp1252 ..., None takes another than UTF-8 only where it is
    sure (guess.py); delimiter: , ; tab or |; day_first: None refuses
    01/02/2024, True reads day/month, False month/day; zone: IANA name for times without one;
    scale: (low, high) of values, guessed for ratings; cap: a value above the scale counts as its
    end; decimal: "." or ","; keep_damaged_ids: take 1E5, #N/A and NULL as text; event: the event of
    every row when there is no event column; usual: that of rows with a value, where neither such a
    column nor the name of the values says it; events: known events (text -> name), None takes them
    as they are; now: epoch seconds, None = the clock; anonymous: there need not be a user column
    (in a file of items: of ids), and this text makes the names of the unknown ones unlike those of
    other files; header: False = the first line is a row already, columns go by their number;
    format: events, a row each; sequences, a line `user item item ...` in order; counted, a line
    `count item item ...` whose number is the user; folder: where texts wait that do not fit the
    memory, None = where the system puts such files.
    """

    encoding: str | None = None
    delimiter: str | None = None
    day_first: bool | None = None
    zone: str = "UTC"
    scale: tuple[float, float] | None = None
    cap: bool = False
    decimal: Literal[".", ","] = "."
    keep_damaged_ids: bool = False
    event: str | None = None
    usual: str = "view"
    events: Mapping[str, str] | None = None
    now: float | None = None
    anonymous: str = ""
    header: bool = True
    format: Format = "events"
    folder: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class BadRow:
    """A quarantined row: physical line from 1, column or "", code (in ROWS), its args, raw text.

    Of Parquet and XLSX the line is the row, the header being row 1, and raw is a line of CSV.
    raw is at most 2,000 characters, with NUL shown as ␀, so that any database takes it.
    """

    line: int
    column: str
    code: str
    args: dict[str, Value]
    raw: str


@dataclass(frozen=True)
class Note:
    """Something worth knowing about an accepted file: code in NOTES, and its args."""

    code: str
    args: dict[str, Value]


@dataclass(frozen=True)
class Reading:
    """The first lines that are not plain ASCII, (number, text), as this encoding reads them."""

    encoding: str
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Preview:
    """The top of a file, for the wizard: nothing is checked below the first rows."""

    kind: Kind
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    mapping: dict[str, str]  # field -> column; a field that found none is absent
    missing: tuple[str, ...]  # required fields without a column
    sample: tuple[tuple[str, ...], ...]  # the first five rows
    form: str = "text"  # or jsonl, parquet, xlsx
    # of a text that is not UTF-8: the encoding that was taken, then others that fit as well
    readings: tuple[Reading, ...] = ()
    sure: bool = True  # no other encoding comes near

    @property
    def vectors(self) -> tuple[str, ...]:
        """Columns of vectors of items, by name and by the first rows."""
        if self.kind != "items":
            return ()
        cells = {name: [row[place] for row in self.sample] for place, name in self._rest()}
        return tuple(name for name, column in cells.items() if modalities.seems(name, column))

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns that come along as attributes of the items or users."""
        if self.kind not in ("items", "users"):
            return ()
        return tuple(name for _, name in self._rest() if name not in self.vectors)

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns that nothing is taken from."""
        if self.kind in ("items", "users"):
            return ()
        return tuple(name for _, name in self._rest())

    def _rest(self) -> list[tuple[int, str]]:
        taken = self.mapping.values()
        return [(n, name) for n, name in enumerate(self.columns) if name not in taken]


@dataclass(frozen=True)
class Report:
    """The account of a file: rows_in = accepted + duplicates + quarantined, always."""

    kind: Kind
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    mapping: dict[str, str]
    sample: tuple[tuple[str, ...], ...]
    rows_in: int
    accepted: int
    duplicates: int
    reasons: dict[str, int]  # code -> how many rows
    quarantine: tuple[BadRow, ...]  # the first 1,000, by line
    notes: tuple[Note, ...]
    bad_share: float = 0.05
    form: str = "text"  # or jsonl, parquet, xlsx

    @property
    def quarantined(self) -> int:
        """Rows that were put aside, kept with content or only counted."""
        return sum(self.reasons.values())

    @property
    def needs_decision(self) -> bool:
        """More than 5 % of the rows are bad: somebody must say whether to go on."""
        return self.quarantined > self.bad_share * self.rows_in


@dataclass(frozen=True)
class Interactions:
    """Accepted events in line order.

    users int32 (n,) into user_ids; items int32 (n,) into item_ids, -1 = a search; events int16
    (n,) into event_names; values float32 (n,), NaN = none; at int64 (n,) epoch seconds UTC or None;
    lines int32 or int64 (n,) physical line of each row, from 1. extras: sessions and context of
    the rows, None where no column has any; whoever takes them closes them.
    """

    report: Report
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    event_names: tuple[str, ...]
    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    values: np.ndarray
    at: np.ndarray | None
    lines: np.ndarray
    extras: Extras | None = None


@dataclass(frozen=True)
class Triples:
    """Accepted triples in line order, each once: item_ids[i] relations[i] entities[i]."""

    report: Report
    item_ids: tuple[str, ...]
    relations: tuple[str, ...]
    entities: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Accepted items in line order, one row per item id (the last line wins).

    titles fall back to the id; categories: a tuple of texts per item; years float32 (n,), NaN =
    unknown; descriptions "" = none; attributes: the columns that no field took, empty cells left
    out; lines int64 (n,).
    """

    report: Report
    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    years: np.ndarray
    descriptions: tuple[str, ...]
    attributes: tuple[dict[str, str], ...]
    lines: np.ndarray

    def texts(self) -> tuple[str, ...]:
        """Title + categories + attributes + description of each item: what an encoder reads."""
        words = modalities.without(self.attributes, modalities.read(self.attributes))
        rows = zip(self.titles, self.categories, words, self.descriptions, strict=True)
        return tuple(
            ". ".join(
                part
                for part in (title, ", ".join(topics), ", ".join(more.values()), description)
                if part
            )
            for title, topics, more, description in rows
        )


@dataclass(frozen=True)
class People:
    """Accepted users in line order, one row per user id (the last line wins)."""

    report: Report
    user_ids: tuple[str, ...]
    attributes: tuple[dict[str, str], ...]
    lines: np.ndarray
