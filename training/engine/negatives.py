"""Items drawn to stand against what was taken."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

TRIES = 20  # rounds of redrawing; who took nearly everything is then drawn for from the rest


class Negatives:
    """Draws from the catalogue of `train` by torch's generator, on the processor.

    law: 0 every item alike, 1 by how often each was taken, between: taken^law. An item that
    nobody took counts as taken once under every law, so each can be drawn.
    """

    def __init__(self, train: sparse.csr_matrix, law: float = 0.0) -> None:
        self.n_items = int(train.shape[1])
        taken = np.bincount(train.indices, minlength=self.n_items).astype(np.float64)
        weights = np.maximum(taken, 1.0) ** law
        self.uniform = law == 0.0
        self.chance = torch.from_numpy(weights / weights.sum())  # (n_items,)
        self._ends = torch.cumsum(self.chance, 0)
        rows = np.repeat(np.arange(train.shape[0], dtype=np.int64), np.diff(train.indptr))
        # csr with sorted indices: the keys rise, so that a pair is looked up by bisection
        self._keys = torch.from_numpy(rows * self.n_items + train.indices)
        self._free = torch.from_numpy(np.diff(train.indptr) < self.n_items)

    def shared(self, n: int) -> tuple[Tensor, Tensor]:
        """(items int64 (n,), ln of the expected count of each in n draws): one set for a batch."""
        items = self._draw((n,))
        return items, torch.log(n * self.chance[items]).float()

    def each(self, users: Tensor, n: int) -> Tensor:
        """Items int64 (b, n), n for each of the users (b,), none of them taken by that user.

        Drawn by the law among what is left to the user. A user who took everything has nothing
        left: any item comes, and teaches nothing.
        """
        items = self._draw((len(users), n))
        hit = self.taken(users[:, None], items) & self._free[users][:, None]
        for _ in range(TRIES):
            places = hit.nonzero()
            if not len(places):
                break
            again = self._draw((len(places),))
            items[places[:, 0], places[:, 1]] = again
            hit[places[:, 0], places[:, 1]] = self.taken(users[places[:, 0]], again)
        for row, place in hit.nonzero().tolist():
            rest = ~self.taken(users[row], torch.arange(self.n_items))
            items[row, place] = torch.multinomial(self.chance * rest, 1)
        return items

    def taken(self, users: Tensor, items: Tensor) -> Tensor:
        """Whether each user took each item, bool in the shape that both broadcast to."""
        keys = users * self.n_items + items
        place = torch.searchsorted(self._keys, keys).clamp_(max=max(len(self._keys) - 1, 0))
        return self._keys[place] == keys

    def _draw(self, shape: tuple[int, ...]) -> Tensor:
        if self.uniform:
            return torch.randint(self.n_items, shape)
        found = torch.searchsorted(self._ends, torch.rand(shape, dtype=torch.float64))
        return found.clamp_(max=self.n_items - 1)
