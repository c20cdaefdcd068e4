"""Where a check of a log's health begins to warn and to fail: one list for report and page.

Standard library only: the page about quality reads it in the web process.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["pass", "warn", "fail", "skip"]


class Bound(NamedTuple):
    """Beyond which figure a check warns and fails, None = never; lower: beyond is below."""

    warn: float | None
    fail: float | None
    lower: bool = False

    def level(self, figure: float | None) -> Level:
        """Fail beyond `fail`, warn beyond `warn`, else pass; a bound itself still passes."""
        if figure is None:
            return "skip"
        sign = -1.0 if self.lower else 1.0
        if self.fail is not None and sign * figure > sign * self.fail:
            return "fail"
        if self.warn is not None and sign * figure > sign * self.warn:
            return "warn"
        return "pass"


BOUNDS = {
    "enough": Bound(1000.0, 10.0, lower=True),
    "duplicates": Bound(0.01, 0.3),
    "clock": Bound(0.0, 0.01),
    "ties": Bound(0.1, None),
    "bots": Bound(0.0, 0.2),
    "bursts": Bound(0.02, None),
    "copycats": Bound(0.005, 0.05),
    "shilling": Bound(0.0, 0.05),
    "near-duplicate-items": Bound(0.005, 0.2),
    "missing": Bound(0.2, 0.8),
    "languages": Bound(0.2, 0.8),
    "cold": Bound(0.2, 0.9),
    "sparsity": Bound(5.0, 2.0, lower=True),
    "long-tail": Bound(0.9, 0.99),
    "popularity-drift": Bound(0.2, 0.6),
    "seasonality": Bound(0.25, None),
    "split-leak": Bound(0.05, None),
    "k-core": Bound(0.5, 0.01, lower=True),
}
