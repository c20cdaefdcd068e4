"""Full-width letters, as Chinese and Japanese keyboards write them: ３．５ is 3.5.

Only what could not be read otherwise is looked at, so plain files pay nothing. NFKC as a whole
would do too much: it makes 4² into 42.
"""

from __future__ import annotations

import numpy as np
import polars as pl

WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
ANY = r"[\x{FF01}-\x{FF5E}\x{3000}]"


def narrow(cells: pl.Series, places: np.ndarray) -> tuple[np.ndarray, pl.Series]:
    """(those of `places` whose cell holds full-width letters, their cells in plain ones)."""
    some = cells.gather(places)
    wide = some.str.contains(ANY)
    plain = some.filter(wide).str.replace_many(list(WIDE), list(WIDE.values()))
    return places[wide.to_numpy()], plain.str.strip_chars()
