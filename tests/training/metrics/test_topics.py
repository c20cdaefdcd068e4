from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from tests.training.metrics import slow
from training.metrics.catalogue import Catalogue
from training.metrics.topics import miscalibration, topics

# items 0..3: one topic each; 4: topics 0 and 1; 5: none. Topic 4 is carried by no item.
TOPICS = np.zeros((6, 5))
TOPICS[[0, 1, 2, 3, 4, 4], [0, 1, 2, 3, 0, 1]] = 1


def measured(lists: list[list[int]], profile: list[float]) -> dict[str, float]:
    catalogue = Catalogue.of(sparse.csr_matrix((1, 6)), sparse.csr_matrix(TOPICS))
    rows = np.array(lists, np.int32)
    found = topics(rows, np.array([profile]), catalogue, (rows.shape[1],))
    return {name.split("@")[0]: float(v[0]) for name, v in found.items()}


def test_uniform_over_m_topics_has_m_effective_topics() -> None:
    found = measured([[0, 1, 2, 3]], [0.25] * 4 + [0])
    assert math.exp(found["entropy"]) == pytest.approx(4)
    assert found["topics"] == 1.0  # of the four topics that items carry


def test_one_topic_has_no_entropy() -> None:
    found = measured([[0, 0, 0]], [1, 0, 0, 0, 0])
    assert (found["entropy"], found["topics"]) == (0.0, 0.25)


def test_the_users_own_mix_is_calibrated() -> None:
    assert measured([[0, 1]], [0.5, 0.5, 0, 0, 0])["calibration"] == pytest.approx(0.0)


def test_nothing_in_common_is_the_largest_divergence() -> None:
    found = measured([[2, 3]], [0.5, 0.5, 0, 0, 0])["calibration"]
    assert found == pytest.approx(math.log(1 / 0.01))


def test_list_without_topics_has_none_and_no_entropy() -> None:
    found = measured([[5, -1]], [1, 0, 0, 0, 0])
    assert found["topics"] == 0.0
    assert np.isnan(found["entropy"])
    assert found["calibration"] == pytest.approx(math.log(100))


def test_user_without_topics_is_undefined() -> None:
    assert np.isnan(measured([[0, 1]], [0.0] * 5)["calibration"])


def test_an_item_of_two_topics_gives_half_to_each() -> None:
    assert measured([[4]], [0.5, 0.5, 0, 0, 0])["calibration"] == pytest.approx(0.0)


def test_it_equals_the_plain_formula() -> None:
    rng = np.random.default_rng(0)
    hot = rng.random((30, 6)) < 0.3
    catalogue = Catalogue.of(sparse.csr_matrix((1, 30)), sparse.csr_matrix(hot.astype(float)))
    lists = np.array([rng.permutation(30)[:5] for _ in range(40)], np.int32)
    profiles = rng.dirichlet(np.ones(6), 40)
    found = topics(lists, profiles, catalogue, (5,))
    for user in range(40):
        mine = [np.flatnonzero(hot[i]).tolist() for i in lists[user]]
        q = slow.mix(mine, [1.0] * 5, 6)
        assert found["calibration@5"][user] == pytest.approx(slow.divergence(profiles[user], q))
        assert found["topics@5"][user] == pytest.approx(len({g for x in mine for g in x}) / 6)
        entropy = -sum(x * math.log(x) for x in q if x > 0)
        assert found["entropy@5"][user] == pytest.approx(entropy)


def test_divergence_of_equal_mixes_is_zero() -> None:
    same = np.array([[0.2, 0.3, 0.5]])
    assert miscalibration(same, same)[0] == pytest.approx(0.0, abs=1e-15)
