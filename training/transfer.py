"""What one log taught about texts, put to use on another: tastes carried over through text space.

The idea of Hou et al.: UniSRec (KDD 2022), §3, that texts are the language that two catalogues
share, with the ridge map from text to taste of Gantner et al. (ICDM 2010), eq. 5: item vectors of
the second log are predicted by the map of the first, and its people are solved against them as a
fold-in of iALS does. Nothing is trained on the second log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy import sparse

from training import registry
from training.encoders.whitening import Whitening, whiten
from training.models.confidence import relative
from training.models.content_ridge import KNOWN
from training.models.contract import Progress, quiet
from training.models.ials import Ials
from training.models.threads import one_blas_thread
from training.split import Split

CARRIED, SHUFFLED, HOME = "transfer", "transfer, shuffled", "in-domain"
BLIND = ("pop", "random")  # what ranks the second log without any text
DRAW = 1  # the seed that deals texts out to other items
DRAWS = 19  # with none of them as good, chance has one case in twenty


class Scorer(Protocol):
    """What an evaluation asks."""

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Float (len(users), n_items), higher is better."""
        ...


Fit = Callable[[Progress], Scorer]


def rankings(
    first: Split, second: Split, vectors: tuple[np.ndarray, np.ndarray], seed: int
) -> Iterator[tuple[str, Fit]]:
    """Names and how each is fitted: the map of the first log; the same with that log's texts dealt
    out to other items; the map of the second log's own train; popularity and chance.

    vectors: float32 (n_items of each log, v), of one encoder that read both together.
    """
    order = np.random.default_rng(DRAW).permutation(first.n_items)
    sources = {
        CARRIED: (first, vectors[0]),
        SHUFFLED: (first, vectors[0][order]),
        HOME: (second, vectors[1]),
    }

    def carried(source: Split, read: np.ndarray) -> Fit:
        def fit(progress: Progress) -> Scorer:
            known = learn(source, read, np.random.default_rng(seed), progress)
            return Transferred(known, second, vectors[1])

        return fit

    def blind(name: str) -> Fit:
        def fit(progress: Progress) -> Scorer:
            model: Scorer = registry.load_model(name)()
            model.fit(second, rng=np.random.default_rng(seed), progress=progress)  # type: ignore[attr-defined]
            return model

        return fit

    for name, (source, read) in sources.items():
        yield name, carried(source, read)
    for name in BLIND:
        yield name, blind(name)


def dealt(
    first: Split,
    second: Split,
    vectors: tuple[np.ndarray, np.ndarray],
    seed: int,
    users: np.ndarray,
) -> Iterator[Scorer]:
    """The transfer with the first log's texts on other items, DRAWS times: what chance makes of it.

    Any map places items that read alike together, and people by them: one draw may do well by
    luck, so a transfer has to stand above all of them. users: codes of the second log; only their
    scores are worked out, those of others are 0.
    """
    tastes = taught(first, np.random.default_rng(seed), quiet)
    some = np.isin(np.arange(second.n_users), users).astype(np.float32)
    asked = replace(second, train=sparse.csr_matrix(sparse.diags(some) @ second.train))
    asked.train.eliminate_zeros()
    for draw in range(DRAW, DRAW + DRAWS):
        order = np.random.default_rng(draw).permutation(first.n_items)
        yield Transferred(mapped(first, tastes, vectors[0][order]), asked, vectors[1])


@dataclass(frozen=True)
class TextMap:
    """white: the whitening of the first catalogue's text vectors; matrix (k, d), offset (d,): from
    white vectors to tastes; regularization, alpha: of the iALS that the tastes came from.
    """

    white: Whitening
    matrix: np.ndarray
    offset: np.ndarray
    regularization: float
    alpha: float

    def items(self, vectors: np.ndarray) -> np.ndarray:
        """Tastes float64 (n, d) of any items by their text vectors (n, v) of the same encoder."""
        return np.asarray(self.white(vectors).astype(np.float64) @ self.matrix + self.offset)


def learn(
    split: Split,
    vectors: np.ndarray,
    rng: np.random.Generator,
    progress: Progress,
    *,
    factors: int = 64,
    components: int = 64,
    ridge: float = 100.0,
) -> TextMap:
    """The map of a log: iALS on split.train, its item vectors regressed on their texts.

    vectors: float32 (n_items, v). ridge: higher brings all predicted vectors closer to the mean
    one. Raises ValueError where no two items of the log have different vectors.
    """
    tastes = taught(split, rng, progress, factors)
    return mapped(split, tastes, vectors, components=components, ridge=ridge)


def taught(split: Split, rng: np.random.Generator, progress: Progress, factors: int = 64) -> Ials:
    """The tastes that a map is learnt from."""
    return Ials(factors=factors).fit(split, rng=rng, progress=progress)


def mapped(
    split: Split,
    tastes: Ials,
    vectors: np.ndarray,
    *,
    components: int = 64,
    ridge: float = 100.0,
) -> TextMap:
    """The map from these texts to these tastes; arguments and errors as in `learn`."""
    white = whiten(vectors, components)
    if not white.matrix.shape[1]:
        raise ValueError("the texts of the first catalogue are all alike: there is no map to learn")
    taken = np.bincount(split.train.indices, minlength=split.n_items)
    sure = np.sqrt(np.minimum(taken, KNOWN)).astype(np.float64)
    with one_blas_thread():
        matrix, offset = _fit(white(vectors).astype(np.float64), tastes.item_factors_, sure, ridge)
    params = tastes.params
    return TextMap(white, matrix, offset, float(params["regularization"]), float(params["alpha"]))


class Transferred:
    """Scores on the second log: factors of its items by the map, of its people by their events."""

    def __init__(self, known: TextMap, split: Split, vectors: np.ndarray) -> None:
        self.item_factors_ = known.items(vectors)
        with one_blas_thread():
            self.user_factors_ = solved(known, split.train, self.item_factors_)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """User factors times item factors, float64 (len(users), n_items)."""
        return np.asarray(self.user_factors_[users] @ self.item_factors_.T)


def solved(known: TextMap, train: sparse.csr_matrix, items: np.ndarray) -> np.ndarray:
    """User factors (n_users, d) by the iALS row solve; a user without events is 0.

    x = (Y'Y + Y'(C - I) Y + reg I)^-1 Y'C p, c = 1 + alpha r / mean r (Hu, Koren, Volinsky 2008,
    eq. 4).
    """
    weights, _ = relative(train)
    gram = items.T @ items
    fixed = gram + known.regularization * np.eye(items.shape[1])
    found = np.zeros((train.shape[0], items.shape[1]))
    for user in np.flatnonzero(np.diff(train.indptr)):
        at = slice(train.indptr[user], train.indptr[user + 1])
        mine, surer = items[train.indices[at]], known.alpha * weights.data[at]
        left = fixed + (mine * surer[:, None]).T @ mine
        found[user] = np.linalg.solve(left, mine.T @ (1.0 + surer))
    return found


def _fit(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """(matrix, offset) of the weighted ridge regression of y (n, d) on x (n, k)."""
    share = weights / weights.sum()
    x_mean, y_mean = share @ x, share @ y
    centred = x - x_mean
    normal = centred.T @ (weights[:, None] * centred) + ridge * np.eye(x.shape[1])
    matrix = np.linalg.solve(normal, centred.T @ (weights[:, None] * (y - y_mean)))
    return matrix, y_mean - x_mean @ matrix
