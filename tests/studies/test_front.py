"""The trials that no other one beats in every objective at once."""

import random

import pytest

from recweb.studies.models import Trial
from recweb.studies.objectives import OBJECTIVES, best_of, chosen, front, values

ALL = list(OBJECTIVES)


def beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Written from the definition: relevance and diversity up, cost down."""
    signs = (1, 1, -1)
    better = [s * x - s * y for s, x, y in zip(signs, a, b, strict=False)]
    return min(better) >= 0 and max(better) > 0


@pytest.mark.parametrize("n_objectives", [1, 2, 3])
@pytest.mark.parametrize("kinds", [4, 1000])  # few values: many ties
def test_it_is_what_comparing_all_pairs_finds(n_objectives: int, kinds: int) -> None:
    rng = random.Random(kinds)
    for _ in range(30):
        points = [
            tuple(rng.randrange(kinds) / kinds for _ in range(n_objectives)) for _ in range(40)
        ]
        slow = [
            at for at, one in enumerate(points) if not any(beats(other, one) for other in points)
        ]
        assert front(points, ALL[:n_objectives]) == slow


def test_nothing_has_no_front() -> None:
    assert front([], ALL) == []


def test_equal_trials_all_stay() -> None:
    assert front([(1.0, 2.0), (1.0, 2.0), (0.5, 2.0)], ALL[:2]) == [0, 1]


def trial(pk: int, state: str = "done", **found: float) -> Trial:
    return Trial(pk=pk, state=state, values={name.replace("_at_", "@"): v
                                             for name, v in found.items()})  # fmt: skip


def test_only_done_trials_with_every_figure_count() -> None:
    rows = [
        trial(1, ndcg_at_10=0.3, cpu_seconds=5.0),
        trial(2, ndcg_at_10=0.2, cpu_seconds=1.0),
        trial(3, ndcg_at_10=0.1, cpu_seconds=2.0),  # beaten by 2
        trial(4, "pruned", ndcg_at_10=0.9, cpu_seconds=0.1),
        trial(5, ndcg_at_10=0.9),  # no cost known
    ]
    goals = chosen(["cost"])
    assert [one.code for one in goals] == ["relevance", "cost"]
    assert best_of(rows, goals) == {1, 2}
    assert values(rows[4], goals) is None
    assert best_of(rows, chosen([])) == {5}
