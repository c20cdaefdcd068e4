"""Outside ids: text, byte for byte. `007` is not `7`, `U1` is not `u1`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import polars as pl

from training.clean.reasons import Value
from training.clean.report import Note, Options

BLANKS = " \t\u00a0\u3000"
CONTROL = re.compile(r"[\x00-\x1f]")
DAMAGED = re.compile(
    r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+|#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)"
)
# how databases and programs write "there is none": as an id it would make one user of strangers
NOTHING = frozenset(
    r"NULL Null null (null) [null] <null> None NaN nan NAN NaT <NA> N/A n/a \N undefined".split()
)
MISSING = ("id-empty", "id-stands-for-none")
Fault = tuple[str, dict[str, Value]]


class Ids(dict[str, int]):
    """Cell -> code of its id, or a negative number for a fault; each text is judged once.

    An id and a cell with blanks around it are two keys of one code: no id has such blanks.
    """

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options
        self.texts: list[str] = []
        self.faults: list[Fault] = []
        self.trimmed = 0

    def codes(self, cells: pl.Series) -> np.ndarray:
        """Codes int32 (n,) of a column of cells."""
        seen = cells.unique(maintain_order=True)
        found = np.fromiter(map(self.__getitem__, seen), dtype=np.int32, count=len(seen))
        return spread(cells, seen, found)

    def __missing__(self, raw: str) -> int:
        text = raw.strip(BLANKS)
        if text != raw and self._fault(text) is None:
            self.trimmed += 1
            code = self[text]
        elif fault := self._fault(text):
            self.faults.append(fault)
            code = -len(self.faults)
        else:
            code = len(self.texts)
            self.texts.append(text)
        self[raw] = code
        return code

    def fault(self, code: int) -> Fault:
        """The fault behind a negative code."""
        return self.faults[-code - 1]

    def _fault(self, text: str) -> Fault | None:
        limit = self.options.limits.id
        if not text:
            return ("id-empty", {})
        if len(text) > limit or len(text.encode()) > limit:
            return ("id-too-long", {"limit": limit})
        control = CONTROL.search(text)
        if control:
            return ("id-control-character", {"character": name_of(control[0])})
        if self.options.keep_damaged_ids:
            return None
        if text in NOTHING:
            return ("id-stands-for-none", {"value": text})
        return ("id-spreadsheet-damage", {"value": text}) if DAMAGED.fullmatch(text) else None


def spread(cells: pl.Series, seen: pl.Series, codes: np.ndarray) -> np.ndarray:
    """The code of each cell (n,), given the different cells `seen` (m,) and their codes (m,)."""
    if len(seen) == len(cells):
        return codes
    frame = pl.DataFrame({"cell": seen, "code": codes})
    whole = (
        cells.rename("cell").to_frame().join(frame, on="cell", how="left", maintain_order="left")
    )
    return whole["code"].to_numpy()


def name_of(character: str) -> str:
    """A control character as U+0000 writes it."""
    return f"U+{ord(character):04X}"


def twins(ids: Iterable[str]) -> list[Note]:
    """Notes on ids that differ only in capitals, or that look the same."""
    texts = pl.Series([*ids], dtype=pl.String)
    if texts.str.contains("^[ -~]*$").all() and texts.str.to_lowercase().n_unique() == len(texts):
        return []  # nothing but ASCII, and no two alike: the common case stays cheap
    folded: dict[str, str] = {}
    seen: dict[str, str] = {}
    case: list[str] = []
    alike: list[str] = []
    for text in texts:
        if text.isdigit() and text.isascii():
            continue  # nothing to fold
        if folded.setdefault(text.casefold(), text) != text:
            case.append(text)
        elif seen.setdefault(_skeleton(text), text) != text:
            alike.append(text)
    notes = []
    if case:
        notes.append(Note("ids-differ-in-case", {"count": len(case), "example": case[0]}))
    if alike:
        notes.append(Note("ids-look-alike", {"count": len(alike), "example": alike[0]}))
    return notes


def _skeleton(text: str) -> str:
    if text.isascii():
        return text
    visible = (letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", "".join(visible))
