"""Coefficients of agreement against published examples, a second formula, and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from recweb.datasets.models import Dataset
from recweb.labeling import agreement, answers, claims
from recweb.people.models import User
from tests.labeling.conftest import make_queue

# Krippendorff's own example: three coders, units by columns, * where a coder gave nothing
CODERS = (
    "* * * * * 3 4 1 2 1 1 3 3 * 3",
    "1 * 2 1 3 3 4 3 * * * * * * *",
    "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
)
# Fleiss 1971 as everybody cites it: ten subjects, fourteen raters, five categories
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def units() -> np.ndarray:
    columns = zip(*(line.split() for line in CODERS), strict=True)
    return agreement.table([[int(v) - 1 for v in column if v != "*"] for column in columns])


def test_alpha_is_that_of_krippendorffs_example() -> None:
    nominal = 1.0 - np.eye(4)
    steps = np.arange(4.0)
    assert agreement.krippendorff(units(), nominal) == pytest.approx(0.691, abs=5e-4)
    squares = (steps[:, None] - steps) ** 2
    assert agreement.krippendorff(units(), squares) == pytest.approx(0.811, abs=5e-4)


def test_ordinal_alpha_is_that_of_the_slow_formula() -> None:
    """Distances as Krippendorff writes them: answers of all ranks in between, half of the ends."""
    counts = units()
    counts = counts[counts.sum(1) > 1]
    totals = counts.sum(0)
    distance = np.zeros((4, 4))
    for low in range(4):
        for high in range(low, 4):
            between = totals[low : high + 1].sum() - (totals[low] + totals[high]) / 2
            distance[low, high] = distance[high, low] = between**2 if low != high else 0
    assert agreement.krippendorff(counts) == pytest.approx(
        agreement.krippendorff(counts, distance), abs=1e-12
    )


def test_fleiss_is_that_of_the_textbook() -> None:
    assert agreement.fleiss(np.array(FOURTEEN, float)) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_cohen_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 4, 60)
    second = np.where(rng.random(60) < 0.6, first, rng.integers(0, 4, 60))
    theirs = cohen_kappa_score(first, second, weights="quadratic", labels=[0, 1, 2, 3])
    assert agreement.cohen(first.tolist(), second.tolist()) == pytest.approx(theirs, abs=1e-12)


def test_the_ends() -> None:
    same = agreement.table([[0, 0], [3, 3], [2, 2]])
    assert agreement.krippendorff(same) == agreement.fleiss(same) == 1
    assert agreement.cohen([0, 3, 2], [0, 3, 2]) == 1
    only_one_value = agreement.table([[2, 2], [2, 2]])
    assert agreement.krippendorff(only_one_value) is None
    assert agreement.fleiss(only_one_value) is None
    assert agreement.cohen([2, 2], [2, 2]) is None
    assert agreement.cohen([0, 3], [3, 0]) == -1


def test_guessing_is_worth_nothing() -> None:
    rng = np.random.default_rng(7)
    counts = agreement.table(rng.integers(0, 4, (4000, 2)).tolist())
    alpha, (low, high) = agreement.krippendorff(counts), agreement.interval(counts)
    assert alpha is not None and low is not None and high is not None
    assert low < alpha < high and abs(alpha) < 0.05 and high - low < 0.1


@pytest.mark.django_db
def test_a_queue_with_two_people_a_sample_shows_it(
    shop: Dataset, ann: User, dan: User, eva: User
) -> None:
    queue = make_queue(shop, ann, size=12, overlap=2)
    assert agreement.of(queue) is None
    for user, off in ((dan, 0), (eva, 1)):
        while held := claims.take(queue, user, 10):
            for row in held:
                value = (row.order + off * (row.order % 3 == 0)) % 4
                answers.answer(row.sample_id, row.token, user, answers.Given(value))
    found = agreement.of(queue)
    assert found is not None
    assert (found["samples"], found["pairs"], found["equal"]) == (12, 12, 8 / 12)
    assert found["lo"] <= found["alpha"] <= found["hi"] and 0.3 < found["fleiss"] < 1
    assert [(row["one"], row["other"], row["n"]) for row in found["couples"]] == [
        ("dan", "eva", 12)
    ]
