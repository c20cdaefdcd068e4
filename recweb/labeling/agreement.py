"""How far people agree where several answered the same sample."""

from collections import defaultdict
from itertools import combinations
from typing import Any

from recweb.labeling import snapshot
from recweb.labeling.models import RELEVANT, Queue


def same(queue: Queue) -> dict[str, Any] | None:
    """Shares of pairs of answers that are equal, and that agree on wanted or not; None when no
    sample has two answers."""
    answers: dict[int, list[int]] = defaultdict(list)
    for sample, value in snapshot.live(queue).values_list("sample", "value"):
        answers[sample].append(value)
    pairs = [pair for values in answers.values() for pair in combinations(values, 2)]
    if not pairs:
        return None
    return {
        "pairs": len(pairs),
        "samples": sum(len(values) > 1 for values in answers.values()),
        "equal": sum(a == b for a, b in pairs) / len(pairs),
        "wanted": sum((a >= RELEVANT) == (b >= RELEVANT) for a, b in pairs) / len(pairs),
    }
