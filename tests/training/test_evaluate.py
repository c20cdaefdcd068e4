from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from tests.training import small
from training.distance import from_topics
from training.evaluate import Evaluation, evaluate, held_out
from training.metrics.accuracy import NAMES
from training.split import Split

SPLIT = small.split()
NOISE = np.random.default_rng(4).random((40, 60))


def run(scores: np.ndarray = NOISE, part: str = "test", **options: object) -> Evaluation:
    assert SPLIT.items is not None
    given = {"distance": from_topics(SPLIT.items.topics), "ks": (5, 10)} | options
    return evaluate(lambda users: scores[users], SPLIT, part, **given)  # type: ignore[arg-type]


def test_an_oracle_scores_one() -> None:
    found = run(SPLIT.test.toarray())
    for name in ("ndcg", "recall_capped", "hr", "mrr", "map"):
        assert found.per_user[f"{name}@10"] == pytest.approx(np.ones(len(found.users)))
    assert found.per_user["auc"] == pytest.approx(np.ones(len(found.users)))


def test_its_opposite_scores_zero() -> None:
    found = run(-SPLIT.test.toarray())
    for name in NAMES:
        assert (found.per_user[f"{name}@10"] == 0).all()
    assert (found.per_user["auc"] == 0).all()


def test_random_scores_meet_the_closed_forms() -> None:
    rng = np.random.default_rng(0)
    runs = [run(rng.random((40, 60)), distance=None) for _ in range(300)]
    left = 60 - np.diff(SPLIT.masked("test").indptr)[runs[0].users]  # what each user can be shown
    size = np.diff(SPLIT.test.indptr)[runs[0].users]
    # hits among 5 of `left`: hypergeometric
    p = size / left
    spread = 5 * p * (1 - p) * (left - 5) / (left - 1)
    error = np.sqrt(spread.mean() / (300 * len(left)))
    precision = np.mean([x.per_user["precision@5"].mean() for x in runs])
    assert precision == pytest.approx((size / left).mean(), abs=4 * error / 5)
    recall = np.mean([x.per_user["recall@5"].mean() for x in runs])
    assert recall == pytest.approx((5 / left).mean(), rel=0.03)
    assert np.mean([x.per_user["auc"].mean() for x in runs]) == pytest.approx(0.5, abs=0.01)


def test_users_without_held_out_items_are_left_out_and_counted() -> None:
    found = run()
    empty = np.flatnonzero(np.diff(SPLIT.test.indptr) == 0)
    assert 0 in empty
    assert found.n_without == len(empty)
    assert np.intersect1d(found.users, empty).size == 0


@pytest.mark.parametrize("part", ["validation", "test"])
def test_masked_pairs_are_never_candidates(part: str) -> None:
    found = run(part=part, n_candidates=60)
    mask = SPLIT.masked(part)
    for user, items in zip(found.users, found.candidates, strict=True):
        left = np.setdiff1d(np.arange(60), mask[user].indices)
        assert sorted(items[items >= 0]) == left.tolist()


def test_excluded_pairs_leave_candidates_and_truth_alike() -> None:
    user, item = int(SPLIT.test.nonzero()[0][0]), int(SPLIT.test.nonzero()[1][0])
    labelled = sparse.csr_matrix(([1.0], ([user], [item])), shape=(40, 60))
    before, after = run(), run(exclude=labelled, n_candidates=60)
    row = after.users.tolist().index(user)
    assert item not in after.candidates[row]
    wanted = held_out(SPLIT.test, SPLIT.masked("test") + labelled)[user].nnz
    hits = np.isin(after.candidates[row, :10], SPLIT.test[user].indices).sum()
    assert after.per_user["recall@10"][row] == pytest.approx(hits / wanted)
    others = before.users != user
    same = before.per_user["ndcg@10"][others], after.per_user["ndcg@10"][after.users != user]
    assert (same[0] == same[1]).all()


def test_a_user_whose_only_held_out_pair_is_excluded_is_counted_out() -> None:
    found = run(exclude=SPLIT.test)
    assert (len(found.users), found.n_without) == (0, 40)
    assert found.candidates.shape == (0, 100)


def test_a_held_out_pair_that_is_also_in_train_is_not_held_against_the_model() -> None:
    doubled = dataclasses.replace(SPLIT, test=SPLIT.test + SPLIT.train)
    scores = SPLIT.test.toarray()
    found = evaluate(lambda users: scores[users], doubled, "test", distance=None, ks=(10,))
    assert found.per_user["recall_capped@10"] == pytest.approx(1)


def test_it_does_not_depend_on_the_chunk_or_the_company() -> None:
    whole, pieces = run(), run(chunk=3)
    some = run(users=whole.users[5:9])
    for name, values in whole.per_user.items():
        np.testing.assert_array_equal(values, pieces.per_user[name])
        np.testing.assert_allclose(values[5:9], some.per_user[name], rtol=1e-6)
    assert whole.overall == pieces.overall


def test_diversity_is_that_of_the_shown_lists() -> None:
    found = run()
    assert SPLIT.items is not None
    d = from_topics(SPLIT.items.topics)
    mine = found.candidates[0, :5]
    pairs = [d(mine[a], mine[b]) for a in range(5) for b in range(a + 1, 5)]
    assert found.per_user["ild@5"][0] == pytest.approx(np.mean(pairs), abs=1e-6)
    assert found.source == "categories"


def test_overall_measures_are_of_all_lists_together() -> None:
    same = run(np.tile(np.arange(60.0), (40, 1)))
    assert same.overall["coverage@5"] < run().overall["coverage@5"]
    assert same.overall["gini@5"] > run().overall["gini@5"]
    assert run(np.zeros((40, 60))).overall["ties@5"] == 1.0
    assert run().overall["ties@5"] == 0.0


def test_without_distance_and_topics_those_measures_are_absent() -> None:
    bare = dataclasses.replace(SPLIT, items=None)
    found = evaluate(lambda users: NOISE[users], bare, "test", distance=None, ks=(5,))
    assert not {"ild@5", "eild@5", "topics@5", "calibration@5"} & set(found.per_user)
    assert {"ndcg@5", "msi@5", "auc"} <= set(found.per_user)


def test_progress_is_told_and_may_stop_the_work() -> None:
    told: list[tuple[int, int, str]] = []
    run(chunk=10, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]
    with pytest.raises(KeyboardInterrupt):
        run(progress=stop)


def stop(done: int, total: int, step: str) -> None:
    raise KeyboardInterrupt


def test_it_refuses_what_it_cannot_rank() -> None:
    with pytest.raises(ValueError, match="'train'"):
        run(part="train")
    with pytest.raises(ValueError, match="at least 1"):
        run(ks=(0,))
    with pytest.raises(ValueError, match="diverged"):
        run(np.full((40, 60), np.nan))


def test_cold_users_are_ranked_by_what_the_model_gives() -> None:
    assert np.diff(SPLIT.train.indptr)[1] == 0
    found = run()
    row = found.users.tolist().index(1)
    assert np.isnan(found.per_user["calibration@5"][row])
    assert np.isfinite(found.per_user["ndcg@5"][row])


def test_a_split_is_not_changed() -> None:
    copy: Split = dataclasses.replace(SPLIT, test=SPLIT.test.copy())
    run()
    assert (copy.test != SPLIT.test).nnz == 0
