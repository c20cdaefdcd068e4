"""How much what people did counts for an item, by how many did it: learnt where it can be seen.

On training events the vector of a rare item is right, for it was made of its few events; a gate
learnt there trusts it far too much. So the gate is learnt on the validation part, which no vector
has seen: the held-out side of stacking (Wolpert, Neural Networks 1992).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.models.fusion import ASKED
from training.split import Split

AGAINST = 2000  # items drawn to stand against what was taken, or all of a smaller catalogue
LEAST, MOST = np.log(0.05), np.log(10_000.0)  # of middle, in logarithms
SHARP = (np.log(0.05), np.log(8.0))
HEAT = (np.log(0.02), np.log(2.0))


class Gate(NamedTuple):
    """middle: events of an item at which both sides count alike, above 0. sharpness: how quickly
    the one takes over from the other around it, above 0; 1 is Buehlmann's credibility n / (n + m).
    """

    middle: float
    sharpness: float


USUAL = Gate(5.0, 1.0)  # where nothing is held out to learn it on


def share(taken: np.ndarray, gate: Gate) -> np.ndarray:
    """What behaviour counts for items taken so often (n,), float64 in [0, 1): 0 for an untouched
    one, rising: n^s / (n^s + m^s).
    """
    with np.errstate(divide="ignore"):
        ratio = gate.sharpness * (np.log(taken.astype(np.float64)) - np.log(gate.middle))
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(ratio, -700.0, 700.0))) * (taken > 0))


def learn(
    sides: list[tuple[np.ndarray, np.ndarray]],
    split: Split,
    rng: np.random.Generator,
    fixed: tuple[float | None, float | None] = (None, None),
) -> Gate:
    """The gate under which the validation part is likeliest; USUAL where there is none.

    sides: behaviour and content, each (users (n_users, f), items (n_items, f)), whose dot is the
    side's score. fixed: middle and sharpness, None = to be learnt. Minimises the mean of
    -ln softmax(score / heat) of each held-out item against items that its user did not take, over
    ln middle, ln sharpness and ln heat.
    """
    from scipy.optimize import minimize

    given = Gate(*(old if new is None else new for old, new in zip(USUAL, fixed, strict=True)))
    held = _held(split, rng)
    if held is None or None not in fixed:
        return given
    said = [_scores(side, *held[:2]) for side in sides]  # each (m, 1 + n): taken first
    taken = np.bincount(split.train.indices, minlength=split.n_items)[held[1]]
    bounds = [(LEAST, MOST), SHARP, HEAT]
    for place, value in enumerate(fixed):
        if value is not None:
            bounds[place] = (np.log(value), np.log(value))
    at = np.clip(np.log([*given, 0.15]), *np.transpose(bounds))
    found = minimize(_loss, at, (said, taken, held[2]), jac=True, bounds=bounds, method="L-BFGS-B")
    learnt = np.exp(found.x[:2]).tolist()
    return Gate(*(new if old is None else old for new, old in zip(learnt, fixed, strict=True)))


Held = tuple[np.ndarray, np.ndarray, np.ndarray]


def _held(split: Split, rng: np.random.Generator) -> Held | None:
    """(users (m,), items (m, 1 + n), usable bool (m, 1 + n)): held-out events, first what was
    taken. None without any of a user with a history.
    """
    warm = np.diff(split.train.indptr) > 0
    users, items = split.validation.nonzero()
    users, items = users[warm[users]], items[warm[users]]
    if not len(users):
        return None
    if len(users) > ASKED:
        rows = np.sort(rng.choice(len(users), ASKED, replace=False))
        users, items = users[rows], items[rows]
    drawn = np.arange(split.n_items)
    if split.n_items > AGAINST:
        drawn = np.sort(rng.choice(split.n_items, AGAINST, replace=False))
    gone = (split.train[users] + split.validation[users])[:, drawn].toarray() > 0
    asked = np.column_stack([items, np.tile(drawn, (len(users), 1))])
    return users, asked, np.column_stack([np.ones(len(users), bool), ~gone])


def _scores(
    side: tuple[np.ndarray, np.ndarray], users: np.ndarray, items: np.ndarray
) -> np.ndarray:
    """Scores (m, 1 + n) of the items asked for: all but the first are the same in each row."""
    people, things = side
    mine = people[users]
    first = np.einsum("mf,mf->m", mine, things[items[:, 0]])
    return np.column_stack([first, mine @ things[items[0, 1:]].T]).astype(np.float64)


def _loss(
    at: np.ndarray, said: list[np.ndarray], taken: np.ndarray, usable: np.ndarray
) -> tuple[float, np.ndarray]:
    """(mean -ln softmax of the first column, its gradient (3,)) at the logarithms of the gate."""
    middle, sharpness, heat = np.exp(at)
    behaviour = share(taken, Gate(middle, sharpness))
    mixed = said[1] + behaviour * (said[0] - said[1])
    scores = np.where(usable, mixed / heat, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    chance = np.exp(scores)
    chance /= chance.sum(axis=1, keepdims=True)
    loss = -np.log(np.maximum(chance[:, 0], 1e-300)).mean()
    pull = chance.copy()
    pull[:, 0] -= 1.0
    pull /= len(pull)
    slope = pull * behaviour * (1.0 - behaviour) * (said[0] - said[1]) / heat
    ratio = np.log(np.maximum(taken, 1)) - np.log(middle)
    gradient = [
        -sharpness * slope.sum(),
        (slope * sharpness * ratio).sum(),
        -(pull * np.where(usable, mixed, 0.0)).sum() / heat,
    ]
    return float(loss), np.array(gradient)
