"""Each person's items in the order in which they were taken: what sequence models read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.split import Split


@dataclass(frozen=True)
class Histories:
    """users, items int32 (n,): the training pairs, each user's together and oldest first.

    ends int64 (n_users + 1,): user u has the rows ends[u] to ends[u + 1].
    """

    users: np.ndarray
    items: np.ndarray
    ends: np.ndarray

    def of(self, user: int) -> np.ndarray:
        """Items (h,) of one user, oldest first."""
        return self.items[self.ends[user] : self.ends[user + 1]]

    def windows(self, users: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
        """(items int32 (m, w), lengths int64 (m,)): the newest `longest` items of each user.

        Oldest first, padded with 0 behind their end; w is the longest of these users', at least 1.
        """
        stops = self.ends[users + 1]
        return self.spans(stops, np.minimum(stops - self.ends[users], longest))

    def spans(self, stops: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `windows`, of the `lengths` (m,) rows before each of the rows `stops` (m,)."""
        width = max(int(lengths.max(initial=0)), 1)
        column = np.arange(width)
        there = column < lengths[:, None]
        rows = np.where(there, (stops - lengths)[:, None] + column, 0)
        items = self.items[rows] if len(self.items) else np.zeros(rows.shape, np.int32)
        return np.where(there, items, 0).astype(np.int32), lengths

    def cut(self, longest: int) -> tuple[np.ndarray, np.ndarray]:
        """(stops, lengths) of spans that together ask for every item but each user's first.

        Counted from the newest item; a span shares one item with the one before it.
        """
        stops, lengths = [], []
        for start, stop in zip(self.ends[:-1].tolist(), self.ends[1:].tolist(), strict=True):
            while stop - start >= 2:
                stops.append(stop)
                lengths.append(min(stop - start, longest))
                stop -= lengths[-1] - 1
        return np.array(stops, np.int64), np.array(lengths, np.int64)


def histories(split: Split, model: str) -> Histories:
    """Histories of split.train; items of one time stand in the order of their codes.

    Raises ValueError without times, and on a random split: there a training event may be newer
    than the one that is asked for, so that the order would tell the answer.
    """
    if split.name == "random":
        raise ValueError(
            f"{model} reads the order of events, and a random split mixes past and future; "
            "use temporal, user-temporal or leave-last"
        )
    if split.train_at is None:
        raise ValueError(f"{model} needs times or an order of events, and this log has none")
    train = split.train
    users = np.repeat(np.arange(split.n_users, dtype=np.int32), np.diff(train.indptr))
    order = np.lexsort((train.indices, split.train_at.data, users))
    return Histories(
        users, train.indices[order].astype(np.int32), train.indptr.astype(np.int64, copy=True)
    )
