"""Half a round of iALS: every row's weighted least squares, improved by conjugate gradients.

Hu, Koren, Volinsky (ICDM 2008), eq. 4: (Y'Y + Y'(C_u - I)Y + reg_u I) x_u = Y'C_u p_u. Takács,
Pilászy, Tikk: Applications of the conjugate gradient method for implicit feedback collaborative
filtering (RecSys 2011): no matrix is built for a row; a few steps from where it stood are enough,
for the next half round moves the other side anyway. Ours go further in a step: they are
preconditioned with what the matrix of a row of this weight is on average.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float32]

AT_ONCE = 8192  # entries of a group: their vectors stay in the processor's cache
ALIKE, FEW = 0.8, 4  # rows of a group are at least so long, or so many entries shorter
PER_LEVEL = 2.0  # levels of weight for each factor e


@dataclass(frozen=True)
class Group:
    """Rows of like length, padded to the longest.

    columns: int32 (b, n), padding names the column after the last; surer: float32 (b, n), what an
    entry's confidence is above 1, padding 0; ridge: float32 (b,); level: of the rows' weight.
    """

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.int32]
    surer: Floats
    ridge: Floats
    level: int


@dataclass(frozen=True)
class Side:
    """One side of the log, ready to be solved for. fame: (m,) weight of each column, sum 1.

    usual: mean over rows of (sum of c over all columns) ** frequency.
    """

    groups: tuple[Group, ...]
    fame: Floats
    ridges: dict[int, float]  # level -> a row's ridge there
    ridge: Floats  # (n,)
    usual: float


def side(surer: sparse.csr_matrix, regularization: float, frequency: float) -> Side:
    """Groups of the rows of `surer` (n, m), float32 csr of confidences less 1.

    frequency 0: each row's ridge is `regularization`; 1: in proportion to the weight of the row,
    untouched pairs included, with `regularization` as the mean (Rendle et al. 2022).
    """
    counts = np.diff(surer.indptr)
    weight = np.add.reduceat(np.r_[surer.data, np.float32(0)], surer.indptr[:-1], dtype=np.float64)
    weight[counts == 0] = 0.0
    often = (weight + surer.shape[1]) ** frequency
    usual = float(often.mean()) if len(often) else 1.0
    ridge = (regularization / usual * often).astype(np.float32)
    fame = np.bincount(surer.indices, surer.data, minlength=surer.shape[1])
    groups = tuple(_groups(surer, counts, weight, ridge))
    ridges = {group.level: float(group.ridge.mean()) for group in groups}
    return Side(groups, (fame / max(fame.sum(), 1e-30)).astype(np.float32), ridges, ridge, usual)


def improve(
    mine: Floats,
    other: Floats,
    side: Side,
    steps: int,
    *,
    threads: int = 1,
    watched: bool = False,
) -> float:
    """Move the rows of `mine` (n, d) towards their optimum for `other` (m, d), in place.

    steps: of conjugate gradients; as many as d are exact but for rounding. Rows without entries
    are left alone. The threads decide nothing but the time. watched: what comes back is the sum
    over stored entries of c (1 - s)^2 - s^2, else 0.
    """
    width = mine.shape[1]
    gram = other.T @ other
    typical = (other * side.fame[:, None]).T @ other  # what one unit of weight adds on average
    eye = np.eye(width)
    inverse = {
        level: np.linalg.inv(gram + np.exp(level / PER_LEVEL) * typical + ridge * eye).astype(
            np.float32
        )
        for level, ridge in side.ridges.items()
    }
    padded = np.vstack([other, np.zeros((1, width), np.float32)])

    def work(group: Group) -> float:
        near = padded.take(group.columns, axis=0)  # (b, n, d)
        found = _solved(group, near, mine[group.rows], gram, inverse[group.level], steps)
        mine[group.rows] = found
        return _off(group, _dots(near, found), len(other)) if watched else 0.0

    if threads == 1:
        return sum(map(work, side.groups))
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, side.groups))  # in the order of the groups: always the same sum


def loss(seen: float, users: Floats, items: Floats, sides: tuple[Side, Side]) -> float:
    """Weighted squares and ridges by pair, all pairs counted by their confidence.

    seen: what `improve` gave for the stored entries of these factors.
    """
    unseen = float(np.sum((users.T @ users) * (items.T @ items)))
    ridges = sum(
        float(side.ridge @ _rows(rows, rows))
        for side, rows in zip(sides, (users, items), strict=True)
    )
    surer = sum(float(group.surer.sum(dtype=np.float64)) for group in sides[0].groups)
    return (seen + unseen + ridges) / (len(users) * len(items) + surer)


def _solved(
    group: Group, near: Floats, x: Floats, gram: Floats, guess: Floats, steps: int
) -> Floats:
    """Rows x (b, d) after `steps`; near: (b, n, d); guess: inverse of a typical row's matrix."""
    ridge = group.ridge[:, None]
    left = np.float32(1) + group.surer * (
        np.float32(1) - _dots(near, x)
    )  # C p - (C - I) s of each entry
    rest = _sums(left, near) - x @ gram - ridge * x
    way = toward = rest @ guess
    size = _rows(rest, toward)
    for step in range(steps):
        bent = _sums(group.surer * _dots(near, way), near) + way @ gram + ridge * way
        length = _ratio(size, _rows(way, bent))
        x = x + length * way
        if step + 1 < steps:
            rest = rest - length * bent
            toward = rest @ guess
            before, size = size, _rows(rest, toward)
            way = toward + _ratio(size, before) * way
    return x


def _off(group: Group, score: Floats, padding: int) -> float:
    squares = (1.0 + group.surer) * (1.0 - score) ** 2 - score**2
    return float(squares.sum(where=group.columns < padding, dtype=np.float64))


def _groups(
    surer: sparse.csr_matrix, counts: np.ndarray, weight: np.ndarray, ridge: Floats
) -> list[Group]:
    """Longest rows first; a row without entries is in none."""
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    lengths, start, found = counts[order], 0, []
    while start < len(order):
        longest = int(lengths[start])
        least = max(1, min(int(ALIKE * longest), longest - FEW))
        same = int(np.searchsorted(-lengths, -least, side="right"))
        stop = min(same, start + max(1, AT_ONCE // longest))
        rows = order[start:stop]
        place = surer.indptr[rows].astype(np.int64)[:, None] + np.arange(longest)
        padding = np.arange(longest) >= lengths[start:stop, None]
        place[padding] = 0
        columns, more = surer.indices[place].astype(np.int32), surer.data[place]
        columns[padding], more[padding] = surer.shape[1], 0.0
        level = round(PER_LEVEL * float(np.log(max(weight[rows].mean(), 1e-30))))
        found.append(Group(rows, columns, more.astype(np.float32), ridge[rows], level))
        start = stop
    return found


def _dots(near: Floats, x: Floats) -> Floats:
    """(b, n, d) and (b, d) -> (b, n)."""
    return np.asarray(np.matmul(near, x[:, :, None])[:, :, 0])


def _sums(weights: Floats, near: Floats) -> Floats:
    """(b, n) and (b, n, d) -> (b, d)."""
    return np.asarray(np.matmul(weights[:, None, :], near)[:, 0])


def _rows(one: Floats, other: Floats) -> Floats:
    """Inner products of rows (b,)."""
    return np.asarray(np.einsum("bd,bd->b", one, other))


def _ratio(above: Floats, below: Floats) -> Floats:
    """(b, 1), 0 where nothing is left to do."""
    out = np.zeros_like(above)
    np.divide(above, below, out=out, where=below > 0)
    return out[:, None]
