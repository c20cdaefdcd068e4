"""How much what people did counts for an item, by how many did it: learnt where it can be seen.

On training events the vector of a rare item is right, for it was made of its few events; a gate
learnt there trusts it far too much. So the gate is learnt on the validation part, which no vector
has seen: the held-out side of stacking (Wolpert, Neural Networks 1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from training.models.contract import quiet
from training.models.fusion import gains
from training.split import Split

MIDDLES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
SHARP = (0.5, 1.0, 2.0, 4.0)


class Gate(NamedTuple):
    """middle: events of an item at which both sides count alike, above 0. sharpness: how quickly
    the one takes over from the other around it, above 0; 1 is Buehlmann's credibility n / (n + m).
    """

    middle: float
    sharpness: float


USUAL = Gate(5.0, 1.0)  # while the towers learn, and where nothing is held out


def share(taken: np.ndarray, gate: Gate) -> np.ndarray:
    """What behaviour counts for items taken so often (n,), float64 in [0, 1): 0 for an untouched
    one, rising: n^s / (n^s + m^s).
    """
    with np.errstate(divide="ignore"):
        ratio = gate.sharpness * (np.log(taken.astype(np.float64)) - np.log(gate.middle))
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(ratio, -700.0, 700.0))) * (taken > 0))


def learn(
    sides: Sequence[tuple[np.ndarray, np.ndarray]],
    split: Split,
    rng: np.random.Generator,
    fixed: tuple[float | None, float | None] = (None, None),
) -> Gate:
    """The gate with the best NDCG@10 on validation; USUAL where there is none, and on ties.

    sides: behaviour and content, each (users (n_users, f), items (n_items, f)), whose dot is the
    side's score. fixed: middle and sharpness, None = to be learnt: first the middle, then the
    sharpness around it.
    """
    gate = Gate(*(old if new is None else new for old, new in zip(USUAL, fixed, strict=True)))
    if fixed[0] is None:
        gate = _best([gate._replace(middle=each) for each in MIDDLES], gate, sides, split, rng)
    if fixed[1] is None:
        gate = _best([gate._replace(sharpness=each) for each in SHARP], gate, sides, split, rng)
    return gate


def _best(
    gates: list[Gate],
    usual: Gate,
    sides: Sequence[tuple[np.ndarray, np.ndarray]],
    split: Split,
    rng: np.random.Generator,
) -> Gate:
    taken = np.bincount(split.train.indices, minlength=split.n_items)
    shares = [share(taken, gate).astype(np.float32) for gate in gates]
    (people, things), (others, contents) = sides

    def each(users: np.ndarray) -> Iterator[np.ndarray]:
        content = others[users] @ contents.T
        ahead = people[users] @ things.T - content
        return (content + counts * ahead for counts in shares)

    gained = gains(each, len(gates), split, rng, quiet)
    if gained is None or gained[gates.index(usual)] == gained.max():
        return usual
    return gates[int(gained.argmax())]
