from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import ndcg_score

from tests.training.metrics import slow
from training.metrics.accuracy import NAMES, accuracy, hits

KS = (1, 3, 5)


def measured(
    lists: list[list[int]], truth: list[set[int]], ks: tuple[int, ...]
) -> dict[str, np.ndarray]:
    held = sparse.lil_matrix((len(truth), 12))
    for user, items in enumerate(truth):
        held[user, sorted(items)] = 1
    held = held.tocsr()
    return accuracy(hits(np.array(lists, np.int32), held), np.diff(held.indptr), ks)


def test_perfect_list_scores_one_everywhere() -> None:
    found = measured([[1, 2, 3]], [{1, 2, 3}], (3,))
    assert {name: found[f"{name}@3"][0] for name in NAMES} == dict.fromkeys(NAMES, 1.0)


def test_list_of_misses_scores_zero_everywhere() -> None:
    found = measured([[4, 5, 6]], [{1, 2, 3}], (3,))
    assert {name: found[f"{name}@3"][0] for name in NAMES} == dict.fromkeys(NAMES, 0.0)


def test_user_without_held_out_items_is_undefined_not_zero() -> None:
    found = measured([[4, 5, 6]], [set()], (3,))
    assert all(np.isnan(values[0]) for values in found.values())


def test_solved_by_head() -> None:
    # hits at ranks 2 and 3 of 4, three held out
    found = {name: v[0] for name, v in measured([[9, 1, 2, 8]], [{1, 2, 3}], (4,)).items()}
    assert found["recall@4"] == pytest.approx(2 / 3)
    assert found["precision@4"] == pytest.approx(1 / 2)
    assert found["f1@4"] == pytest.approx(4 / 7)
    assert found["mrr@4"] == pytest.approx(1 / 2)
    assert found["map@4"] == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert found["hr@4"] == 1.0


def test_recall_is_over_all_held_out_and_capped_recall_over_the_places() -> None:
    found = measured([[1, 2]], [{1, 2, 3, 4}], (2,))
    assert (found["recall@2"][0], found["recall_capped@2"][0]) == (0.5, 1.0)


def test_short_lists_count_the_empty_places_in_precision() -> None:
    assert measured([[1, -1, -1, -1]], [{1}], (4,))["precision@4"][0] == 0.25


def test_padding_is_never_a_hit() -> None:
    first_and_last_held_out = measured([[-1, -1]], [{0, 11}], (2,))
    assert first_and_last_held_out["hr@2"][0] == 0.0


def test_it_refuses_k_beyond_the_list() -> None:
    with pytest.raises(ValueError, match="list length 2, got 3"):
        measured([[1, 2]], [{1}], (3,))


def test_it_refuses_truth_of_other_users() -> None:
    with pytest.raises(ValueError, match="a row a list"):
        hits(np.zeros((2, 3), np.int32), sparse.csr_matrix((3, 5)))


def test_it_names_an_unknown_measure() -> None:
    with pytest.raises(ValueError, match="'luck'"):
        accuracy(np.zeros((1, 2), bool), np.ones(1, int), (2,), ["luck"])


@pytest.fixture(scope="module")
def random_lists() -> tuple[np.ndarray, sparse.csr_matrix]:
    rng = np.random.default_rng(3)
    lists = np.array([rng.permutation(40)[:8] for _ in range(300)], np.int32)
    held = sparse.random(300, 40, 0.12, "csr", rng=rng)
    held.sort_indices()
    return lists, held


def test_it_equals_the_plain_formulas(random_lists: tuple[np.ndarray, sparse.csr_matrix]) -> None:
    lists, held = random_lists
    found = accuracy(hits(lists, held), np.diff(held.indptr), KS)
    for user in range(len(lists)):
        truth, mine = set(held[user].indices.tolist()), lists[user].tolist()
        if not truth:
            continue
        for k in KS:
            n = len(truth & set(mine[:k]))
            p, r = n / k, n / len(truth)
            wanted = {
                "recall": r,
                "recall_capped": n / min(k, len(truth)),
                "precision": p,
                "f1": 2 * p * r / (p + r) if n else 0.0,
                "hr": float(n > 0),
                "ndcg": slow.ndcg(mine, truth, k),
                "mrr": slow.reciprocal(mine, truth, k),
                "map": slow.average_precision(mine, truth, k),
            }
            assert {m: found[f"{m}@{k}"][user] for m in NAMES} == pytest.approx(wanted)


def test_ndcg_equals_sklearn() -> None:
    rng = np.random.default_rng(5)
    scores = rng.permuted(np.tile(np.arange(30.0), (50, 1)), axis=1)
    truth = rng.random((50, 30)) < 0.2
    truth[:, 0] = True
    lists = np.argsort(-scores, axis=1)[:, :10].astype(np.int32)
    found = accuracy(hits(lists, sparse.csr_matrix(truth)), truth.sum(1), (10,))["ndcg@10"]
    wanted = [
        ndcg_score(t[None], s[None], k=10) for t, s in zip(truth.astype(int), scores, strict=True)
    ]
    np.testing.assert_allclose(found, wanted)


def test_random_recommender_meets_its_closed_forms() -> None:
    # one held-out item among n: E[HR@k] = k / n; E[precision@k] = |T| / n
    rng = np.random.default_rng(1)
    m, n, k = 20_000, 50, 5
    lists = np.argsort(rng.random((m, n)), axis=1)[:, :k].astype(np.int32)
    one = sparse.csr_matrix((np.ones(m), (np.arange(m), rng.integers(0, n, m))), shape=(m, n))
    found = accuracy(hits(lists, one), np.ones(m, int), (k,))
    error = np.sqrt(0.1 * 0.9 / m)
    assert found["hr@5"].mean() == pytest.approx(k / n, abs=4 * error)
    assert found["precision@5"].mean() == pytest.approx(1 / n, abs=4 * error / k)
    ranks = 1 / np.log2(np.arange(2, k + 2))
    assert found["ndcg@5"].mean() == pytest.approx(ranks.sum() / n, abs=4 * error)


def test_hits_do_not_depend_on_the_chunk() -> None:
    rng = np.random.default_rng(2)
    n_items = 700_000  # five users a chunk
    lists = rng.integers(0, n_items, (17, 6)).astype(np.int32)
    held = sparse.csr_matrix(
        (np.ones(34), (np.repeat(np.arange(17), 2), lists[:, :2].ravel())), shape=(17, n_items)
    )
    assert hits(lists, held).sum(axis=1).tolist() == [2] * 17
    # what users of the chunk before held out must be forgotten
    assert not hits(np.roll(lists, 5, axis=0), held).any()
