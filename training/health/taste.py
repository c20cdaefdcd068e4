"""How much of a profile the main directions of taste explain, and whose ratings it follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.health.data import Data

LEAST = 5  # items of a profile that says anything
WIDTH, EXTRA, PASSES = 16, 8, 3  # of the randomised SVD (Halko et al. 2011, alg. 4.4)
BINS = 2.0  # per doubling of the profile's size
PEERS = 20
RATED = 0.5  # of the events must have a value before ratings say anything


@dataclass(frozen=True)
class Taste:
    """score (n_users,): higher = less taste than peers of like size; eligible: enough items.

    sizes: different items of each user.
    """

    score: np.ndarray
    eligible: np.ndarray
    sizes: np.ndarray

    def least(self, part: float) -> np.ndarray:
        """Mask (n_users,): the `part` of the eligible users with the highest score."""
        n = max(1, round(part * int(self.eligible.sum())))
        score = np.where(self.eligible, self.score, -np.inf)
        made = np.zeros(len(score), dtype=bool)
        made[np.argsort(-score, kind="stable")[:n]] = True
        return np.asarray(made & self.eligible)


def taste(data: Data) -> Taste:
    """Score of each user: lack of explained taste, plus half of how odd its popularity is, plus
    how little its ratings follow the items' means (half, where they follow them too well).
    """
    sizes = np.bincount(data.pair_users, minlength=data.log.n_users)
    eligible = sizes >= LEAST
    if not eligible.any():
        return Taste(np.zeros(len(sizes)), eligible, sizes)
    popularity = np.bincount(data.pair_items, minlength=data.log.n_items)
    explained = _explained(data, popularity, sizes)
    logs = np.log(np.maximum(popularity, 1))[data.pair_items]
    mean = np.bincount(data.pair_users, weights=logs, minlength=len(sizes)) / np.maximum(sizes, 1)
    score = -_against_peers(explained, sizes, eligible)
    score += 0.5 * np.abs(_against_peers(mean, sizes, eligible))
    follows = _follows(data)
    if follows is not None:
        z = _against_peers(follows, sizes, eligible)
        score += np.abs(z) * np.where(z < 0, 1.0, 0.5)
    return Taste(score, eligible, sizes)


def _explained(data: Data, popularity: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Share of each row's squared length in the space of the first right singular vectors.

    Rows are unit length, an item weighs 1 / sqrt(its users), so that the head does not rule.
    """
    from scipy import sparse

    weights = (1 / np.sqrt(np.maximum(popularity, 1))).astype(np.float32)
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    entries = weights[data.pair_items]
    squares = np.bincount(
        data.pair_users, weights=entries.astype(np.float64) ** 2, minlength=len(sizes)
    )
    entries /= np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)[data.pair_users]
    rows = sparse.csr_matrix(
        (entries, data.pair_items, indptr), shape=(len(sizes), data.log.n_items)
    )
    width = min(WIDTH + EXTRA, *rows.shape)
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((rows.shape[1], width), dtype=np.float32)
    back = rows.T.tocsr()
    for _ in range(PASSES):
        left, _r = np.linalg.qr(rows @ basis)
        basis, _r = np.linalg.qr(back @ left)
    return np.asarray(((rows @ basis) ** 2).sum(axis=1), dtype=np.float64)


def _follows(data: Data) -> np.ndarray | None:
    """Correlation of each user's ratings with the means that others gave the same items; None
    where ratings are few or all alike. Made-up ones follow nobody (Chirita et al. 2005, RDMA).
    """
    log = data.log
    rated = ~np.isnan(log.values) & (log.items >= 0)
    if rated.sum() < RATED * len(log) or log.values[rated].std() == 0:
        return None
    users, items = log.users[rated], log.items[rated]
    values = log.values[rated].astype(np.float64)
    counts = np.bincount(items, minlength=log.n_items)
    sums = np.bincount(items, weights=values, minlength=log.n_items)
    others = (sums[items] - values + 2 * values.mean()) / (counts[items] + 1)  # two means of all

    def per_user(weights: np.ndarray) -> np.ndarray:
        return np.bincount(users, weights=weights, minlength=log.n_users)

    n = np.maximum(np.bincount(users, minlength=log.n_users), 1)
    mine = values - (per_user(values) / n)[users]
    theirs = others - (per_user(others) / n)[users]
    spread = per_user(mine * mine) * per_user(theirs * theirs)
    return np.asarray(per_user(mine * theirs) / np.sqrt(np.maximum(spread, 1e-9)))


def _against_peers(values: np.ndarray, sizes: np.ndarray, eligible: np.ndarray) -> np.ndarray:
    """(value - median) / (1.4826 MAD) among users whose profile has about the same size."""
    bins = (np.log2(np.maximum(sizes, 1)) * BINS).astype(np.int64)
    made = np.zeros(len(values))
    for place in np.unique(bins[eligible]):
        mine = eligible & (bins == place)
        peers = mine if mine.sum() >= PEERS else eligible & (np.abs(bins - place) <= 2)
        middle = np.median(values[peers])
        spread = 1.4826 * np.median(np.abs(values[peers] - middle)) + 1e-9
        made[mine] = (values[mine] - middle) / spread
    return made
