"""What MMR added up when it chose an item for its place: relevance, and distance to those above.

The kernel takes the item of most (1 - w) * relevance - w * likeness to the nearest one above it.
With distance = 1 - likeness that is the sum of `terms` less w, the same for all it chose from.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Parts(NamedTuple):
    """Of one place. relevance: 0..1 over the user's candidates; distance: to the nearest item that
    stands above it, 0..1, None on the first place, where nothing does; nearest: that item's code.
    """

    weight: float
    relevance: float
    distance: float | None
    nearest: int | None

    @property
    def rest(self) -> float:
        """The weight that relevance has."""
        return 1.0 - self.weight

    @property
    def terms(self) -> tuple[float, float]:
        """The two summands: of relevance, and of distance (0 on the first place)."""
        return self.rest * self.relevance, self.weight * (self.distance or 0.0)

    @property
    def total(self) -> float:
        return sum(self.terms)


def parts(
    vectors: npt.NDArray[np.float32],
    listed: Sequence[int],
    relevance: Mapping[int, float],
    weight: float,
) -> list[Parts]:
    """One for each place of a list that MMR made at this weight. vectors: unit rows of all items;
    listed: item codes, best first."""
    if not listed:
        return []
    mine = np.asarray(vectors[np.asarray(listed)], np.float64)
    alike = np.clip(mine @ mine.T, 0.0, 1.0)
    out = [Parts(weight, relevance[listed[0]], None, None)]
    for place in range(1, len(listed)):
        nearest = int(alike[place, :place].argmax())
        distance = 1.0 - float(alike[place, nearest])
        out.append(Parts(weight, relevance[listed[place]], distance, listed[nearest]))
    return out
