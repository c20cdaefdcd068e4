"""A start from which few ratings lead far: learnt by practising on people whose answer is known.

Model-agnostic meta-learning (Finn, Abbeel, Levine, ICML 2017, §2.2), of the last layer alone as in
ANIL (Raghu et al., ICLR 2020), with a rate for each coordinate as in Meta-SGD (Li et al. 2017,
eq. 2). The layer is linear and its loss a square, so the gradient through the steps is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

SHOTS = (0, 1, 2, 5, 10)  # ratings after which a start is asked to do well
EPISODES = 4000  # people of an epoch at most: a start is the same for all, more teach little
BATCH = 64
STEP = 0.03  # of Adam
DECAY = (0.9, 0.999)
MOST = 5.0  # norm of a batch's gradient


class Start(NamedTuple):
    """mean (d,): the taste of nobody yet. rate (d,) > 0: how far a step goes in each coordinate.
    doubt > 0: ratings that a step pretends to have seen besides, all as expected.
    """

    mean: np.ndarray
    rate: np.ndarray
    doubt: float


class Told(NamedTuple):
    """What ratings say, by person: gram (m, d, d) = Z'Z, sums (m, d) = Z'r, counts (m,)."""

    gram: np.ndarray
    sums: np.ndarray
    counts: np.ndarray


def told(given: sparse.csr_matrix, rows: np.ndarray) -> Told:
    """given: csr (m, n_items), ratings without mean and item bias; rows: items' z (n_items, d)."""
    m, d = given.shape[0], rows.shape[1]
    gram, sums = np.zeros((m, d, d)), np.zeros((m, d))
    for person in np.flatnonzero(np.diff(given.indptr)):
        at = slice(given.indptr[person], given.indptr[person + 1])
        z = rows[given.indices[at]]
        gram[person], sums[person] = z.T @ z, z.T @ given.data[at]
    return Told(gram, sums, np.diff(given.indptr).astype(np.float64))


def adapt(start: Start, support: Told, steps: int) -> np.ndarray:
    """Tastes (m, d) after `steps` steps downhill on each person's own ratings.

    x <- x - rate * (Z'Z x - Z'r) / (n + doubt), from the mean; without ratings it stays there.
    """
    return _path(start, support, steps)[0][-1]


def risk(start: Start, support: Told, query: Told, steps: int) -> tuple[float, Start]:
    """(mean squared error on the query after adapting to the support, less what no taste can
    change; its gradient in (mean, ln rate, ln doubt)).
    """
    at, slopes = _path(start, support, steps)
    counts = np.maximum(query.counts, 1.0)[:, None]
    gram, sums = query.gram / counts[:, None], query.sums / counts
    pulled = np.einsum("mde,me->md", gram, at[-1])
    loss = np.einsum("md,md->m", at[-1], pulled - 2.0 * sums).mean()
    back = 2.0 * (pulled - sums) / len(at[-1])
    rate, doubt = np.zeros_like(start.rate), 0.0
    weight = 1.0 / (support.counts + start.doubt)[:, None]
    for slope in reversed(slopes):
        moved = back * start.rate * slope
        rate -= moved.sum(axis=0)
        doubt += float((moved * weight).sum()) * start.doubt
        back = back - weight * np.einsum("mde,me->md", support.gram, start.rate * back)
    return float(loss), Start(back.sum(axis=0), rate, doubt)


def learn(
    given: sparse.csr_matrix,
    rows: np.ndarray,
    start: Start,
    *,
    steps: int,
    epochs: int,
    rng: np.random.Generator,
    report: Callable[[int], None],
) -> tuple[Start, list[float]]:
    """(the start that does best on others' ratings after few of their own, risk of each epoch).

    An episode: one person's ratings in a drawn order, the first of SHOTS of them to adapt to, the
    rest to be judged by. report: the epoch that is over.
    """
    people = np.flatnonzero(np.diff(given.indptr) > 1)
    at = np.concatenate([start.mean, np.log(start.rate), [np.log(start.doubt)]])
    first, second, done, seen = np.zeros_like(at), np.zeros_like(at), 0, []
    for epoch in range(1, epochs + 1):
        chosen = rng.permutation(people)[:EPISODES]
        total = 0.0
        for begin in range(0, len(chosen), BATCH):
            mine = chosen[begin : begin + BATCH]
            support, query = _episodes(given, rows, mine, rng)
            loss, slope = risk(_of(at), support, query, steps)
            done += 1
            at, first, second = _adam(at, np.concatenate(slope[:2] + ([slope.doubt],)),
                                      first, second, done)  # fmt: skip
            total += loss * len(mine)
        seen.append(total / max(len(chosen), 1))
        report(epoch)
    return _of(at), seen


def _path(start: Start, support: Told, steps: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Tastes before, between and after the steps, and the slope of each step."""
    weight = 1.0 / (support.counts + start.doubt)[:, None]
    at, slopes = [np.tile(start.mean, (len(weight), 1))], []
    for _ in range(steps):
        slope = np.einsum("mde,me->md", support.gram, at[-1]) - support.sums
        slopes.append(weight * slope)
        at.append(at[-1] - start.rate * slopes[-1])
    return at, slopes


def _episodes(
    given: sparse.csr_matrix, rows: np.ndarray, people: np.ndarray, rng: np.random.Generator
) -> tuple[Told, Told]:
    parts: list[list[sparse.csr_matrix]] = [[], []]
    for person in people:
        row = given[person]
        order = rng.permutation(row.nnz)
        shots = min(int(rng.choice(SHOTS)), row.nnz - 1)
        for side, mine in zip(parts, (order[:shots], order[shots:]), strict=True):
            mine = np.sort(mine)
            one = (row.data[mine], row.indices[mine], [0, len(mine)])
            side.append(sparse.csr_matrix(one, shape=row.shape))
    support, query = (told(sparse.vstack(side, format="csr"), rows) for side in parts)
    return support, query


def _of(at: np.ndarray) -> Start:
    d = (len(at) - 1) // 2
    return Start(at[:d], np.exp(at[d:-1]), float(np.exp(at[-1])))


def _adam(
    at: np.ndarray, slope: np.ndarray, first: np.ndarray, second: np.ndarray, done: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Kingma and Ba (ICLR 2015), algorithm 1, on a gradient cut to the norm MOST."""
    slope = slope * min(1.0, MOST / max(float(np.linalg.norm(slope)), 1e-12))
    first = DECAY[0] * first + (1 - DECAY[0]) * slope
    second = DECAY[1] * second + (1 - DECAY[1]) * slope**2
    plain = first / (1 - DECAY[0] ** done)
    size = np.sqrt(second / (1 - DECAY[1] ** done)) + 1e-8
    return at - STEP * plain / size, first, second
