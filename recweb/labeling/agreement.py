"""How far people agree where several answered the same sample, beyond what chance would give.

Equal shares look good when one answer is common; the three coefficients take that out. All are 1
for perfect agreement, 0 for what chance gives, below 0 for worse than that; None where they say
nothing (no pair, or everybody gave one and the same answer throughout).
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from recweb.labeling import snapshot
from recweb.labeling.models import RELEVANT, VALUES, Queue

Floats = npt.NDArray[np.float64]
DRAWS, SHOWN = 300, 10


def of(queue: Queue) -> dict[str, Any] | None:
    """Everything that the queue's page shows; None when no sample has two answers."""
    rows = list(
        snapshot.live(sample__queue=queue).values_list("sample", "annotator__username", "value")
    )
    answers: dict[int, list[int]] = defaultdict(list)
    for sample, _who, value in rows:
        answers[sample].append(value)
    shared = [values for values in answers.values() if len(values) > 1]
    if not shared:
        return None
    pairs = [pair for values in shared for pair in combinations(values, 2)]
    counts = table(shared)
    alpha, (low, high) = krippendorff(counts), interval(counts)
    return {
        "pairs": len(pairs),
        "samples": len(shared),
        "equal": sum(a == b for a, b in pairs) / len(pairs),
        "wanted": sum((a >= RELEVANT) == (b >= RELEVANT) for a, b in pairs) / len(pairs),
        "alpha": alpha,
        "lo": low,
        "hi": high,
        "fleiss": fleiss(counts),
        "couples": couples(rows),
    }


def table(answers: Sequence[Sequence[int]]) -> Floats:
    """(samples, 4): how many people gave each value."""
    counts = np.zeros((len(answers), len(VALUES)))
    for row, values in enumerate(answers):
        np.add.at(counts[row], list(values), 1)
    return counts


def couples(rows: list[tuple[int, str, int]]) -> list[dict[str, Any]]:
    """Cohen's kappa of every two people with samples in common, most of those first."""
    by_person: dict[str, dict[int, int]] = defaultdict(dict)
    for sample, who, value in rows:
        by_person[who][sample] = value
    found: list[dict[str, Any]] = []
    for one, other in combinations(sorted(by_person), 2):
        both = sorted(by_person[one].keys() & by_person[other].keys())
        if both:
            first = [by_person[one][sample] for sample in both]
            second = [by_person[other][sample] for sample in both]
            found.append({"one": one, "other": other, "n": len(both),
                          "kappa": cohen(first, second)})  # fmt: skip
    return sorted(found, key=lambda couple: -int(couple["n"]))[:SHOWN]


def cohen(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Two people, quadratic weights: an answer one step off counts a ninth of one three off.
    Cohen 1968, weighted kappa: 1 - sum(w observed) / sum(w expected)."""
    observed = np.zeros((len(VALUES), len(VALUES)))
    np.add.at(observed, (list(first), list(second)), 1)
    expected = np.outer(observed.sum(1), observed.sum(0)) / observed.sum()
    apart = _squares(np.arange(len(VALUES), dtype=float))
    chance = float((apart * expected).sum())
    return 1 - float((apart * observed).sum()) / chance if chance else None


def fleiss(counts: Floats) -> float | None:
    """Many people, equal or not. Fleiss 1971, eq. 7; samples with the usual number of answers."""
    n = counts.sum(1)
    sizes, how_often = np.unique(n, return_counts=True)
    usual = sizes[how_often.argmax()]
    counts = counts[n == usual]
    within = ((counts**2).sum(1) - usual) / (usual * (usual - 1))
    chance = float(((counts.sum(0) / counts.sum()) ** 2).sum())
    return (float(within.mean()) - chance) / (1 - chance) if chance < 1 else None


def krippendorff(counts: Floats, distance: Floats | None = None) -> float | None:
    """alpha = 1 - observed / expected disagreement, gaps allowed; distance (4, 4), by default the
    ordinal one. Krippendorff 2011, eq. 1, with the coincidences of its section 3."""
    n = counts.sum(1)
    counts = counts[n > 1]
    together = _coincidences(counts).sum(0)
    totals = together.sum(1)
    if distance is None:
        distance = ordinal(totals)
    expected = np.outer(totals, totals) - np.diag(totals)
    chance = float((distance * expected).sum())
    if not chance:
        return None
    return 1 - (float(totals.sum()) - 1) * float((distance * together).sum()) / chance


def _coincidences(counts: Floats) -> Floats:
    """(samples, 4, 4): pairs of answers within a sample, each answer weighing one in all."""
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs -= np.eye(counts.shape[1]) * counts[:, None, :]
    found: Floats = pairs / (counts.sum(1) - 1)[:, None, None]
    return found


def ordinal(totals: Floats) -> Floats:
    """Squared distance in ranks: how many answers lie between two values."""
    middle = np.cumsum(totals) - totals / 2
    return _squares(middle)


def _squares(places: Floats) -> Floats:
    found: Floats = (places[:, None] - places[None, :]) ** 2
    return found


def interval(counts: Floats, seed: int = 0) -> tuple[float | None, float | None]:
    """95 % of alpha over samples drawn again; None with under ten of them."""
    rows = counts[counts.sum(1) > 1]
    if len(rows) < 10:
        return None, None
    rng = np.random.default_rng(seed)
    drawn = (krippendorff(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(DRAWS))
    found = [alpha for alpha in drawn if alpha is not None]
    if len(found) < DRAWS // 2:
        return None, None
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
