from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from tests.training import small
from training import store
from training.bundle import common
from training.distance import Distance, choose
from training.evaluate import evaluate
from training.rerank.mmr import scaled
from training.serve import Bundle, lists_for, measures, recommend, why

N = 60
SPLIT = small.split(n_items=N)
VECTORS = choose(SPLIT.items, SPLIT.train).vectors
POPULAR = np.argsort(-SPLIT.train.getnnz(axis=0), kind="stable").astype(np.int32)
NONE = np.array([], int)


def bundle(arrays: dict[str, np.ndarray], **meta: Any) -> Bundle:
    return Bundle(meta["form"], common(SPLIT.train, VECTORS) | arrays, meta)


@pytest.fixture
def factors() -> Bundle:
    rng = np.random.default_rng(0)
    users, items = (rng.standard_normal((n, 8)).astype(np.float32) for n in (40, N))
    users[39] = 0  # nothing was learnt of the last user
    arrays = {"user_factors": users, "item_factors": items, "gram": items.T @ items}
    return bundle(arrays, form="factors", fold_in="ials", reg=3.0, alpha=2.0)


@pytest.fixture
def item_item() -> Bundle:
    neighbours = np.full((N, 3), -1, np.int32)
    weights = np.zeros((N, 3), np.float32)
    neighbours[0], weights[0] = [5, 6, 7], [0.5, 0.4, -0.3]
    neighbours[1, :2], weights[1, :2] = [5, 7], [0.1, 0.9]
    arrays = {"neighbours": neighbours, "weights": weights}
    return bundle(arrays, form="item-item", recency=1.0)


def items(served: Any) -> list[int]:
    return [pick.item for pick in served.picks]


def test_factors_score_a_known_user_by_the_product(factors: Bundle) -> None:
    wanted = factors.arrays["item_factors"] @ factors.arrays["user_factors"][3]
    np.testing.assert_allclose(factors.scores(3, NONE), wanted, rtol=1e-5)
    assert items(recommend(factors, 3, NONE, NONE, 5, 0.0)) == np.argsort(-wanted)[:5].tolist()


def test_biases_are_added() -> None:
    arrays = {
        "user_factors": np.ones((2, 1), np.float32),
        "item_factors": np.zeros((N, 1), np.float32),
        "item_bias": np.arange(N, dtype=np.float32),
        "user_bias": np.array([0, 10], np.float32),
    }
    assert bundle(arrays, form="factors").scores(1, NONE).tolist() == list(range(10, 10 + N))


def test_fold_in_equals_the_full_row_solve(factors: Bundle) -> None:
    history, r = np.array([4, 9, 30]), np.array([1.0, 2.5, 0.5])
    y = factors.arrays["item_factors"].astype(np.float64)
    c, p = np.ones(N), np.zeros(N)
    c[history], p[history] = 1 + 2.0 * r, 1
    wanted = np.linalg.solve(y.T @ np.diag(c) @ y + 3.0 * np.eye(8), y.T @ (c * p))
    got = factors.folded(history, r)
    assert np.abs(got - wanted).max() < 1e-6
    np.testing.assert_allclose(factors.scores(None, history, r), y @ wanted, atol=1e-5)


def test_projection_folds_in_by_the_sum_of_the_history() -> None:
    y = np.random.default_rng(0).standard_normal((N, 4)).astype(np.float32)
    arrays = {"user_factors": np.ones((1, 4), np.float32), "item_factors": y}
    got = bundle(arrays, form="factors", fold_in="project").scores(None, np.array([2, 8]))
    np.testing.assert_allclose(got, y @ (y[2] + y[8]), rtol=1e-4, atol=1e-5)


def test_item_item_adds_up_the_history(item_item: Bundle) -> None:
    scores = item_item.scores(None, np.array([0, 1]))
    assert scores[[5, 6, 7]].tolist() == pytest.approx([0.6, 0.4, 0.6])
    assert np.isneginf(np.delete(scores, [5, 6, 7])).all()


def test_item_item_weighs_by_confidence_and_recency(item_item: Bundle) -> None:
    assert item_item.scores(None, np.array([0]), [2.0])[6] == pytest.approx(0.8)
    faded = Bundle("item-item", item_item.arrays, {"form": "item-item", "recency": 0.5})
    assert faded.scores(None, np.array([0, 1]))[5] == pytest.approx(0.5 * 0.5 + 0.1)


def test_stored_lists_and_popularity_give_what_is_stored() -> None:
    arrays = {
        "items": np.array([[8, 2, -1], [-1, -1, -1]], np.int32),
        "scores": np.array([[0.9, 0.4, 0], [0, 0, 0]], np.float32),
    }
    stored = bundle(arrays, form="lists")
    assert items(recommend(stored, 0, NONE, NONE, 2, 0.0)) == [8, 2]
    cold = recommend(stored, 1, np.array([10, 20]), NONE, 2, 0.0)
    assert cold.fallback
    assert [pick.reasons for pick in cold.picks] == [(), ()]
    counts = bundle({"item_scores": np.arange(N, dtype=np.float32)}, form="popularity")
    assert items(recommend(counts, 0, NONE, NONE, 3, 0.0)) == [59, 58, 57]


@pytest.mark.parametrize("user", [None, 39, 40, 10_000])
def test_a_cold_user_gets_the_popular_list_and_is_told_so(factors: Bundle, user: int) -> None:
    served = recommend(factors, user, NONE, NONE, 4, 0.0)
    assert served.fallback
    assert items(served) == POPULAR[:4].tolist()
    assert all(pick.reasons == () for pick in served.picks)
    assert not recommend(factors, user, np.array([3]), NONE, 4, 0.0).fallback  # folded in


def test_a_history_of_unknown_items_is_no_history(factors: Bundle) -> None:
    assert recommend(factors, None, np.array([N, N + 5, -1]), NONE, 4, 0.0).fallback


def test_seen_items_are_left_out(factors: Bundle) -> None:
    best = items(recommend(factors, 3, NONE, NONE, 10, 0.0))
    left = items(recommend(factors, 3, NONE, np.array([*best[:4], N + 3]), 6, 0.0))
    assert left == best[4:]
    cold = items(recommend(factors, None, NONE, POPULAR[:3], 4, 0.0))
    assert cold == POPULAR[3:7].tolist()


def test_empty_places_are_filled_from_the_popular_list(item_item: Bundle) -> None:
    served = recommend(item_item, None, np.array([0]), POPULAR[:1], 6, 0.0)
    assert items(served)[:3] == [5, 6, 7]
    assert [pick.filled for pick in served.picks] == [False] * 3 + [True] * 3
    rest = [i for i in POPULAR.tolist() if i not in (5, 6, 7, POPULAR[0])]
    assert items(served)[3:] == rest[:3]
    assert not served.fallback


def test_when_everything_is_seen_the_list_is_empty(factors: Bundle) -> None:
    assert recommend(factors, 3, NONE, np.arange(N), 5, 0.5).picks == []


def test_the_page_and_the_api_show_the_same_list(factors: Bundle) -> None:
    weights = np.linspace(0, 1, 21)
    best = recommend(factors, 3, NONE, NONE, 30, 0.0, n_candidates=30)
    codes, values = np.array(items(best)), np.array([pick.score for pick in best.picks])
    grid = lists_for(codes, values, VECTORS, weights, 10)
    for weight, positions in zip(weights, grid, strict=True):
        served = recommend(factors, 3, NONE, NONE, 10, float(weight), n_candidates=30)
        assert items(served) == codes[positions].tolist()
        got = [pick.relevance for pick in served.picks]
        assert got == pytest.approx(scaled(values)[positions].tolist())


def test_diversity_changes_the_list_and_keeps_the_best_item(factors: Bundle) -> None:
    plain, varied = (items(recommend(factors, 3, NONE, NONE, 10, w)) for w in (0.0, 1.0))
    assert plain != varied
    assert plain[0] == varied[0]


def test_reasons_of_item_item_are_the_parts_of_the_score(item_item: Bundle) -> None:
    served = recommend(item_item, None, np.array([0, 1, 2]), NONE, 3, 0.0)
    reasons = {pick.item: pick.reasons for pick in served.picks}
    assert [(r.item, r.kind) for r in reasons[5]] == [(0, "contributed"), (1, "contributed")]
    assert [r.weight for r in reasons[5]] == pytest.approx([0.5 / 0.6, 0.1 / 0.6])
    assert [r.item for r in reasons[7]] == [1]  # 0 spoke against it


def test_other_reasons_are_the_nearest_of_the_history(factors: Bundle) -> None:
    history = np.array([10, 20, 30, 40, 50])
    for pick, reasons in zip([12, 13], why(factors, np.array([12, 13]), history), strict=True):
        near = np.clip(VECTORS[history] @ VECTORS[pick], 0, 1)
        wanted = history[np.argsort(-near, kind="stable")[:3]]
        assert [r.item for r in reasons] == [i for i in wanted if near[history == i][0] > 0]
        assert all(r.kind == "similar" and r.item in history for r in reasons)


def test_measures_of_an_answer_are_those_of_the_evaluation(factors: Bundle) -> None:
    scores = np.array([factors.scores(u, NONE) for u in range(40)])
    distance = Distance("categories", VECTORS)
    found = evaluate(lambda u: scores[u], SPLIT, "test", distance=distance, ks=(10,))
    seen = SPLIT.masked("test")
    for row in (0, 9, 20):
        user = int(found.users[row])
        if user == 39:
            continue
        served = recommend(factors, user, NONE, seen[user].indices, 10, 0.0)
        assert items(served) == found.candidates[row, :10].tolist()
        got = measures(factors, served.picks)
        assert got.ild == pytest.approx(found.per_user["ild@10"][row], abs=1e-6)
        assert got.novelty == pytest.approx(found.per_user["msi@10"][row], rel=1e-6)


def test_measures_of_too_short_a_list_are_unknown_not_zero(factors: Bundle) -> None:
    one = recommend(factors, 3, NONE, NONE, 1, 0.0).picks
    assert measures(factors, one).ild is None
    assert measures(factors, []) == (None, None)


def test_every_bundle_falls_back_on_the_most_taken_items() -> None:
    train = sparse.csr_matrix([[1, 0, 1], [1, 0, 0]])
    made = common(train, np.eye(3, dtype=np.float32))
    assert made["fallback"].tolist() == [0, 2, 1]
    assert made["fallback_scores"].tolist() == [2, 1, 0]
    assert made["surprise"].tolist() == [0, 1, 1]


def test_wrong_input_is_named(factors: Bundle) -> None:
    with pytest.raises(ValueError, match="got 1.2"):
        recommend(factors, 3, NONE, NONE, 5, 1.2)
    with pytest.raises(ValueError, match="got 0"):
        recommend(factors, 3, NONE, NONE, 0, 0.5)
    with pytest.raises(ValueError, match=r"\(1,\), got \(2,\)"):
        factors.scores(None, np.array([3]), [1.0, 2.0])
    bare = Bundle("factors", {k: v for k, v in factors.arrays.items() if k != "vectors"}, {})
    with pytest.raises(ValueError, match="no distance vectors"):
        recommend(bare, 3, NONE, NONE, 5, 0.5)
    assert len(recommend(bare, 3, NONE, NONE, 5, 0.0).picks) == 5


def test_a_bundle_is_read_from_disk_as_it_was_written(factors: Bundle, tmp_path: Path) -> None:
    store.write(tmp_path / "bundle", factors.arrays, factors.meta)
    loaded = Bundle.load(tmp_path / "bundle")
    assert (loaded.form, loaded.n_items, loaded.meta) == ("factors", N, factors.meta)
    for weight in (0.0, 0.4):
        args = (3, np.array([1, 2]), np.array([1, 2]), 10, weight)
        assert recommend(loaded, *args) == recommend(factors, *args)


def test_a_bundle_that_lacks_something_is_refused_by_name(factors: Bundle, tmp_path: Path) -> None:
    less = {name: array for name, array in factors.arrays.items() if name != "fallback"}
    store.write(tmp_path / "less", less, factors.meta)
    with pytest.raises(ValueError, match="lacks fallback"):
        Bundle.load(tmp_path / "less")
    store.write(tmp_path / "odd", factors.arrays, {"form": "pickle"})
    with pytest.raises(ValueError, match="'pickle'"):
        Bundle.load(tmp_path / "odd")


def test_scoring_leaves_the_stored_arrays_alone(factors: Bundle) -> None:
    counts = bundle({"item_scores": np.ones(N)}, form="popularity")
    recommend(counts, 0, NONE, np.arange(5), 3, 0.0)
    assert (counts.arrays["item_scores"] == 1).all()


def test_published_models_score_as_the_trained_ones() -> None:
    from training.registry import load_model

    for name in ("puresvd", "ials", "pop", "userknn"):
        model = load_model(name)().fit(
            SPLIT, rng=np.random.default_rng(0), progress=lambda done, total, step: None
        )
        found = bundle(model.serving(), **model.serving_meta())
        users = np.flatnonzero(np.diff(SPLIT.train.indptr))[:10]
        for user, wanted in zip(users, model.scores(users), strict=True):
            got = found.scores(int(user), SPLIT.train[user].indices)
            there = np.isfinite(got)
            np.testing.assert_allclose(got[there], wanted[there], rtol=1e-4, atol=1e-5)
            assert there.sum() > N // 2


def test_item_item_models_score_a_history_as_the_trained_ones() -> None:
    from training.registry import load_model

    for name in ("ease", "itemknn"):
        model = load_model(name)().fit(
            SPLIT, rng=np.random.default_rng(0), progress=lambda done, total, step: None
        )
        found = bundle(model.serving(), **model.serving_meta())
        got = found.scores(None, SPLIT.train[5].indices)
        there = np.isfinite(got)
        np.testing.assert_allclose(got[there], model.scores(np.array([5]))[0][there], atol=1e-5)


def test_it_loads_neither_torch_nor_scipy_and_is_quick() -> None:
    code = """
import json, sys, time
import numpy
start = time.process_time()
import training.serve, training.registry, training.distance, training.rerank.path
seconds = time.process_time() - start
heavy = ("torch", "transformers", "scipy", "sklearn", "polars", "implicit", "django")
print(json.dumps([seconds, [name for name in heavy if name in sys.modules]]))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = json.loads(out.stdout)
    assert loaded == []
    assert seconds < 0.5


def test_a_known_row_of_the_log_folds_in_to_its_own_factors() -> None:
    # after the last user step a row of iALS is the solution of its own fold-in
    from training.registry import load_model

    log = SPLIT.train.astype(np.float32)
    model = load_model("ials")(factors=8).fit(
        SPLIT, rng=np.random.default_rng(0), progress=lambda done, total, step: None
    )
    found = bundle(model.serving(), **model.serving_meta())
    row = sparse.csr_matrix(log[7])
    y = model.item_factors_.astype(np.float64)
    c = np.ones(N)
    c[row.indices] += model.alpha_ * row.data
    p = (np.arange(N)[:, None] == row.indices).any(axis=1).astype(float)
    everyone = N + np.asarray(log.sum(axis=1)).ravel() * model.alpha_
    reg = model.params["regularization"] * c.sum() / everyone.mean() * np.eye(8)
    wanted = np.linalg.solve(y.T @ (c[:, None] * y) + reg, y.T @ (c * p))
    assert np.abs(found.folded(row.indices, row.data) - wanted).max() < 1e-6
