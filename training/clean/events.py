"""Names of events: codes for the known ones, a reason for the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from training.clean.ids import CONTROL, Fault, spread
from training.clean.report import Options

MOST = 100  # kinds of event; a column with more is another column
FAULTS = ("event-empty", "event-unknown", "event-unreadable")


class Events(dict[str, int]):
    """Raw cell -> code of its event, or -1 - the place of its fault in FAULTS."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.known = options.events
        self.texts: list[str] = []

    def __missing__(self, raw: str) -> int:
        name = raw.strip()
        if not name:
            code = -1
        elif len(name) > 64 or CONTROL.search(name):
            code = -3
        elif self.known is not None and name not in self.known:
            code = -2
        else:
            code = self._code(name if self.known is None else self.known[name])
        if len(self.texts) <= MOST:  # beyond it the file is refused anyway
            self[raw] = code
        return code

    def codes(self, cells: pl.Series) -> np.ndarray:
        """Codes int16 (n,) of a column of cells."""
        seen = cells.unique(maintain_order=True)
        found = np.fromiter(map(self.__getitem__, seen), dtype=np.int16, count=len(seen))
        return spread(cells, seen, found)

    def _code(self, name: str) -> int:
        if name in self.texts:
            return self.texts.index(name)
        if len(self.texts) <= MOST:
            self.texts.append(name)
        return len(self.texts) - 1

    def fault(self, code: int, cell: str) -> Fault:
        """The fault behind a negative code of this cell."""
        reason = FAULTS[-code - 1]
        return (reason, {"value": cell[:100]} if reason == "event-unknown" else {})

    def places(self, names: Sequence[str]) -> list[int]:
        """Codes of the events that bear one of these names."""
        return [code for code, text in enumerate(self.texts) if text.casefold() in names]
