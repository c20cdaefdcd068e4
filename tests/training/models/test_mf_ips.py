from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tests.training.models.planted import fitted, ndcg, planted
from training import store
from training.bundle import Bundle, common
from training.models.mf_ips import propensities
from training.split import Split

WHOLE = planted(stars=True)


@pytest.mark.parametrize("off", [{"power": 0.0}, {"clip": 1.0, "power": 1.0}])
def test_where_nothing_is_corrected_it_is_ials(off: dict[str, float]) -> None:
    users = np.arange(WHOLE.n_users)
    alone = fitted("ials", WHOLE).scores(users)
    np.testing.assert_array_equal(fitted("mf_ips", WHOLE, **off).scores(users), alone)


def test_it_equals_ials_on_events_divided_by_hand() -> None:
    counts = (WHOLE.train.toarray() > 0).sum(axis=0)
    by_hand = WHOLE.train.toarray() / np.maximum(0.2, (counts / counts.max()) ** 0.5)
    divided = replace(WHOLE, train=sparse.csr_matrix(by_hand))
    expected = fitted("ials", divided).scores(np.arange(9))
    found = fitted("mf_ips", WHOLE, power=0.5, clip=0.2).scores(np.arange(9))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_propensities_lie_between_the_clip_and_one() -> None:
    found = propensities(WHOLE.train, 1.0, 0.3)
    taken = np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items)
    assert found.min() == 0.3 and found[taken.argmax()] == 1.0
    assert (propensities(WHOLE.train, 0.0, 0.3) == 1.0).all()


def shown_unevenly(seed: int) -> Split:
    """Taste is even over items, but what was shown follows a popularity law; the test is even."""
    rng = np.random.default_rng(seed)
    users, items = 200, 100
    likes = (np.arange(items) % 5 == rng.integers(0, 5, users)[:, None]) * 0.85 + 0.05
    shown = 1.0 / (1.0 + rng.permutation(items) / 4.0)
    taken = rng.random(likes.shape) < likes * shown
    test = (rng.random(likes.shape) < likes * 0.2) & ~taken  # everything is shown alike here
    parts = [sparse.csr_matrix(mask.astype(np.float32)) for mask in (taken, test)]
    nothing = sparse.csr_matrix(likes.shape, dtype=np.float32)
    return Split(parts[0], nothing, parts[1], None, "given", 0, None)


def test_on_an_evenly_shown_test_it_beats_what_ignores_the_showing() -> None:
    gained = []
    for seed in range(4):
        split = shown_unevenly(seed)
        small = {"factors": 8, "regularization": 5.0}  # for a log as small as this one
        corrected = fitted("mf_ips", split, **small, power=1.0, clip=0.05)
        gained.append(ndcg(corrected, split) - ndcg(fitted("ials", split, **small), split))
    assert min(gained) > 0.0 and np.mean(gained) > 0.01


def test_the_tail_is_shown_more_as_the_power_grows() -> None:
    taken = np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items)
    tail, seen = taken <= np.median(taken), WHOLE.train.toarray() > 0

    def share(power: float) -> float:
        scores = np.array(fitted("mf_ips", WHOLE, power=power).scores(np.arange(WHOLE.n_users)))
        scores[seen] = -np.inf
        return float(tail[np.argsort(-scores, axis=1)[:, :10]].mean())

    assert share(0.0) < share(0.5) < share(1.0)


def test_a_live_history_is_weighed_as_in_training(tmp_path: Path) -> None:
    made = fitted("mf_ips", WHOLE, factors=12, power=1.0)
    vectors = np.eye(WHOLE.n_items, dtype=np.float32)
    arrays = made.serving() | common(WHOLE.train, vectors)
    store.write(tmp_path / "bundle", arrays, made.serving_meta())
    bundle = Bundle.load(tmp_path / "bundle")
    for user in (0, 17, 101):
        row = WHOLE.train[user]
        folded = bundle.folded(row.indices, row.data)
        own = made.tastes_.user_factors_[user]
        # the last half round of training moved the items once more: near, not equal
        cosine = folded @ own / np.linalg.norm(folded) / np.linalg.norm(own)
        assert cosine > 0.999
