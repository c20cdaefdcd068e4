"""Files that have an order and no clock: where their places stand among the times.

A line `user item item ...` says what came after what, and not when. The n-th place of a user is
kept as the second ORDER + n, in the year 1906: cleaning takes no time before 1995, so such a
second can be nothing but a place.
"""

from __future__ import annotations

import numpy as np

ORDER = -2_000_000_000
CLOCK = -1_000_000_000  # seconds from here on are times


def order_only(at: np.ndarray | None) -> bool:
    """Whether these seconds, (n,) or None, are places in an order and no times."""
    return at is not None and len(at) > 0 and bool(at[-1] < CLOCK) and bool(at.max() < CLOCK)
