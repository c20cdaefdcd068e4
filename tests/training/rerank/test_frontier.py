from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tests.training import small
from training.distance import Distance, choose
from training.evaluate import Evaluation, evaluate
from training.rerank import frontier as module
from training.rerank.frontier import Frontier, frontier, spread
from training.serve import lists_for
from training.split import Split

SPLIT = small.split(n_users=150)
NONE = np.zeros(0, np.int32)


@pytest.fixture(scope="module")
def distance() -> Distance:
    return choose(SPLIT.items, SPLIT.train)


@pytest.fixture(scope="module")
def evaluation(distance: Distance) -> Evaluation:
    scores = np.random.default_rng(0).random((150, 60)) + SPLIT.validation.toarray() * 0.3
    return evaluate(
        lambda users: scores[users], SPLIT, "validation", distance=distance, n_candidates=30
    )


def made(evaluation: Evaluation, distance: Distance, **options: object) -> Frontier:
    return frontier(
        evaluation.candidates,
        evaluation.candidate_scores,
        distance,
        SPLIT.validation,
        SPLIT,
        users=evaluation.users,
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def found(evaluation: Evaluation, distance: Distance) -> Frontier:
    return made(evaluation, distance)


def test_weight_zero_is_the_evaluated_model(evaluation: Evaluation, found: Frontier) -> None:
    assert (found.lists[0] == evaluation.candidates[:, :10]).all()
    for name, values in found.per_user.items():
        np.testing.assert_allclose(values[:, 0], evaluation.per_user[name], atol=1e-6)
    assert found.means["coverage@10"][0] == evaluation.overall["coverage@10"]
    assert found.means["gini@10"][0] == evaluation.overall["gini@10"]


def test_more_weight_gives_more_diversity_and_here_less_relevance(found: Frontier) -> None:
    rise = found.per_user["ild@10"][:, [4, -1]] - found.per_user["ild@10"][:, [0]]
    error = rise.std(axis=0, ddof=1) / np.sqrt(len(rise))
    assert (rise.mean(axis=0) > 3 * error).all()
    assert found.means["ndcg@10"][-1] < found.means["ndcg@10"][0]


def test_a_dozen_measures_with_bands_that_hold_their_means(found: Frontier) -> None:
    assert len(found.per_user) >= 12
    for name, values in found.per_user.items():
        assert values.shape == (found.n, 21)
        assert values.dtype == np.float32
        known = ~np.isnan(values)
        mean = np.where(known, values, 0).sum(axis=0, dtype=float) / known.sum(axis=0)
        np.testing.assert_allclose(found.means[name], mean, rtol=1e-6)
        lo, hi = found.intervals[name].T
        assert (lo <= found.means[name] + 1e-7).all()
        assert (found.means[name] <= hi + 1e-7).all()


def test_a_middle_weight_measured_alone(found: Frontier, distance: Distance) -> None:
    user = 7
    mine = found.lists[10, user]
    pairs = [distance(mine[a], mine[b]) for a in range(10) for b in range(a + 1, 10)]
    assert found.per_user["ild@10"][user, 10] == pytest.approx(np.mean(pairs), abs=1e-5)


def test_short_candidate_lists_are_measured_on_what_they_hold(
    evaluation: Evaluation, distance: Distance
) -> None:
    few, scores = evaluation.candidates.copy(), evaluation.candidate_scores.copy()
    few[:, 6:], scores[:, 6:] = -1, -np.inf
    got = frontier(
        few, scores, distance, SPLIT.validation, SPLIT, users=evaluation.users, resamples=10
    )
    assert (got.lists[:, :, 6:] == -1).all()
    pairs = distance.pairs(few[:, :6])
    wanted = pairs.sum(axis=(1, 2)) / 30  # every weight shows all six, in its own order
    np.testing.assert_allclose(got.per_user["ild@10"], np.tile(wanted[:, None], 21), atol=1e-5)


def test_no_users_are_refused_in_words(distance: Distance) -> None:
    with pytest.raises(ValueError, match="nobody has held-out"):
        nobody = np.zeros((0, 5))
        frontier(nobody.astype(np.int32), nobody, distance, SPLIT.validation, SPLIT, users=NONE)


def test_serving_gives_the_same_lists(
    evaluation: Evaluation, found: Frontier, distance: Distance
) -> None:
    for row in range(0, found.n, 9):
        positions = lists_for(
            evaluation.candidates[row],
            evaluation.candidate_scores[row],
            distance.vectors,
            found.weights,
            10,
        )
        assert (evaluation.candidates[row][positions] == found.lists[:, row]).all()


def test_it_does_not_depend_on_the_chunk(
    evaluation: Evaluation, distance: Distance, found: Frontier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 7)
    again = made(evaluation, distance)
    assert (again.lists == found.lists).all()
    for name in found.per_user:
        np.testing.assert_allclose(again.means[name], found.means[name], rtol=1e-12)


def test_beyond_the_kept_users_means_still_stand_on_all(
    evaluation: Evaluation, distance: Distance, found: Frontier
) -> None:
    some = made(evaluation, distance, keep=40)
    assert some.per_user["ndcg@10"].shape == (40, 21)
    assert some.lists.shape == (21, 40, 10)
    for name in found.means:
        np.testing.assert_allclose(some.means[name], found.means[name])
    np.testing.assert_array_equal(some.per_user["ndcg@10"], found.per_user["ndcg@10"][some.rows])
    # the normal interval is the bootstrap's, to a tenth of its width
    width = np.ptp(found.intervals["ild@10"], axis=1)
    gap = np.abs(some.intervals["ild@10"] - found.intervals["ild@10"]).max(axis=1)
    assert (gap < 0.1 * width).all()


def test_kept_users_are_spread_over_history_lengths() -> None:
    sizes = np.random.default_rng(0).permutation(1000)
    rows = spread(sizes, 10)
    assert np.sort(sizes[rows]).tolist() == list(range(0, 1000, 100))
    assert spread(sizes[:5], 10).tolist() == [0, 1, 2, 3, 4]


def test_rows_of_truth_may_follow_the_candidates(
    evaluation: Evaluation, distance: Distance, found: Frontier
) -> None:
    truth = SPLIT.validation[evaluation.users]
    train = SPLIT.train[evaluation.users]
    empty = sparse.csr_matrix(train.shape, dtype=np.float32)
    own = Split(train, truth, empty, None, "given", 0, None, "", SPLIT.items)
    got = frontier(evaluation.candidates, evaluation.candidate_scores, distance, truth, own)
    np.testing.assert_array_equal(got.per_user["ndcg@10"], found.per_user["ndcg@10"])


def test_wrong_input_is_named(evaluation: Evaluation, distance: Distance) -> None:
    with pytest.raises(ValueError, match="'magic'"):
        made(evaluation, distance, reranker="magic")
    with pytest.raises(ValueError, match="pass users"):
        frontier(
            evaluation.candidates, evaluation.candidate_scores, distance, SPLIT.validation, SPLIT
        )
    with pytest.raises(ValueError, match="must be .m, N."):
        frontier(evaluation.candidates, np.zeros(3), distance, SPLIT.validation, SPLIT)
    with pytest.raises(ValueError, match="0..1"):
        made(evaluation, distance, weights=[0, 2])
