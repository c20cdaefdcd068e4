"""The part of a history without which an item would no longer be recommended.

Answered by asking the published model again, so it holds for what is served; only for the form
item-item, whose score is a sum over the history.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from training.bundle import Bundle

Floats = npt.NDArray[np.float64]
Set = tuple[int, ...]

LONGEST = 300  # items of a history that is still looked through
RIVALS = 300  # best items that are compared while a set is sought; a found one is asked of all
STRONGEST = 10  # history items of which pairs are tried


def drops(
    bundle: Bundle,
    listed: npt.NDArray[np.integer],
    history: npt.NDArray[np.integer],
    exclude: npt.NDArray[np.integer],
    confidences: npt.ArrayLike | None = None,
) -> dict[int, tuple[int, ...]]:
    """For items of a list by relevance: the one history item, or else the two, without which the
    item would stand below the list's last place; nothing for an item that no such set was found of.

    listed: (k,) codes; history: codes, oldest first, with confidences as `Bundle.scores` takes
    them; exclude: codes never recommended. What is taken out of the history stays excluded.
    Of several sets, the one that speaks most for the item. {} for other forms, for histories of
    more than 300 items, and where the bundle itself would list other items than these: then
    nothing said of the bundle would be true of the list.
    """
    known = bundle.known_items(history)
    if bundle.form != "item-item" or not 0 < len(known) <= LONGEST or not len(listed):
        return {}
    search = _Search(bundle, np.asarray(listed), np.asarray(history), exclude, confidences)
    if set(search.best.tolist()) != set(search.listed.tolist()):
        return {}
    found = {int(item): search.smallest(int(item)) for item in search.listed}
    return {item: some for item, some in found.items() if some}


class _Search:
    """One list, its rivals, and what each item of the history does to their scores.

    parts (h, r): what a weight of 1 on a history item adds; reached (h, r): whether it adds at all.
    """

    def __init__(
        self,
        bundle: Bundle,
        listed: npt.NDArray[np.integer],
        history: npt.NDArray[np.integer],
        exclude: npt.NDArray[np.integer],
        confidences: npt.ArrayLike | None,
    ) -> None:
        inside = (history >= 0) & (history < bundle.n_items)
        given = np.ones(len(history)) if confidences is None else np.asarray(confidences, float)
        self.bundle, self.listed = bundle, np.asarray(listed, np.int64)
        self.mine, self.sure = np.asarray(history, np.int64)[inside], given[inside]
        self.gone = np.union1d(bundle.known_items(exclude), self.mine)
        scores = self._scores(())
        order = np.lexsort((np.arange(len(scores)), -scores))
        rivals = order[:RIVALS]
        self.best = rivals[np.isfinite(scores[rivals])][: len(listed)]
        self.rivals = np.union1d(rivals, self.listed)
        slot = np.full(bundle.n_items + 1, -1, np.int64)  # one more: -1 padding lands there
        slot[self.rivals] = np.arange(len(self.rivals))
        columns = slot[bundle.arrays["neighbours"][self.mine]]
        rows, at = np.nonzero(columns >= 0)
        self.parts = np.zeros((len(self.mine), len(self.rivals)))
        self.parts[rows, columns[rows, at]] = bundle.arrays["weights"][self.mine[rows], at]
        self.reached = np.zeros(self.parts.shape)  # float: the product below is then a fast one
        self.reached[rows, columns[rows, at]] = 1.0
        self.places_of_ones = self._places([(row,) for row in range(len(self.mine))])

    def smallest(self, item: int) -> Set:
        """Codes of history items; () when neither one nor two are enough."""
        column = int(np.searchsorted(self.rivals, item))
        speaks = self.parts[:, column] * self._weights(())
        order = np.argsort(-speaks, kind="stable")
        order = order[speaks[order] > 0]
        found = self._first(item, [(row,) for row in order.tolist()], self.places_of_ones[order])
        if found:
            return found
        pairs: list[Set] = list(combinations(order[:STRONGEST].tolist(), 2))
        pairs.sort(key=lambda two: -speaks[list(two)].sum())
        return self._first(item, pairs, self._places(pairs)) if pairs else ()

    def _first(self, item: int, sets: list[Set], places: npt.NDArray[np.intp]) -> Set:
        """The first set that does it, by the whole catalogue and the model's own scores."""
        column = int(np.searchsorted(self.rivals, item))
        for which in np.flatnonzero(places[:, column] >= len(self.listed)).tolist():
            scores = self._scores(sets[which])
            mine = scores[item]
            above = (scores > mine) | ((scores == mine) & (np.arange(len(scores)) < item))
            if not np.isfinite(mine) or above.sum() >= len(self.listed):
                return tuple(self.mine[list(sets[which])].tolist())
        return ()

    def _places(self, sets: list[Set]) -> npt.NDArray[np.intp]:
        """(sets, r): how many rivals would stand above each, without that set of the history."""
        weights = np.array([self._weights(some) for some in sets])
        kept = np.ones((len(sets), len(self.mine)), np.float64)
        for row, some in enumerate(sets):
            kept[row, list(some)] = 0.0
        scores = weights @ self.parts
        scores[(kept @ self.reached) == 0] = -np.inf
        scores[:, np.isin(self.rivals, self.gone)] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")
        places = np.empty_like(order)
        np.put_along_axis(places, order, np.arange(order.shape[1])[None], axis=1)
        return np.where(np.isfinite(scores), places, len(self.rivals) + len(self.listed))

    def _weights(self, without: Set) -> Floats:
        """(h,): how much each history item weighs once these are taken out; they weigh 0."""
        kept = np.delete(np.arange(len(self.mine)), list(without))
        out = np.zeros(len(self.mine))
        out[kept] = self.bundle.weighted(self.mine[kept], self.sure[kept])[1]
        return out

    def _scores(self, without: Set) -> Floats:
        kept = np.delete(np.arange(len(self.mine)), list(without))
        scores = self.bundle.scores(None, self.mine[kept], self.sure[kept])
        scores[self.gone] = -np.inf
        return scores
