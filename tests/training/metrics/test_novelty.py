from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tests.training.metrics import slow
from training.metrics.catalogue import Catalogue
from training.metrics.novelty import novelty

# four users: item 0 by all, 1 by two, 2 by one, 3 by nobody
TRAIN = sparse.csr_matrix(np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]))


def measured(items: list[int], hit: list[bool]) -> dict[str, float]:
    k = len(items)
    found = novelty(np.array([items]), np.array([hit]), Catalogue.of(TRAIN), (k,))
    return {name.split("@")[0]: float(v[0]) for name, v in found.items()}


def test_item_of_half_the_users_is_one_bit() -> None:
    assert measured([1], [False])["msi"] == 1.0


def test_item_that_all_know_adds_nothing() -> None:
    found = measured([0], [True])
    assert (found["msi"], found["epc"], found["tail"]) == (0.0, 0.0, 0.0)


def test_only_hits_count_for_epc() -> None:
    assert measured([2, 1], [False, False])["epc"] == 0.0
    wanted = slow.epc([2, 1, 0], [True, True, False], [1, 0.5, 0.25, 0])
    assert measured([2, 1, 0], [True, True, False])["epc"] == pytest.approx(wanted)


def test_tail_share_counts_the_places() -> None:
    # 7 events, the head of 80 % = items 0 and 1
    assert measured([0, 2, 3, 1], [False] * 4)["tail"] == 0.5


def test_padding_is_left_out() -> None:
    found = measured([1, -1], [True, False])
    assert found["msi"] == 1.0
    assert found["epc"] == pytest.approx(0.5)


def test_an_empty_list_is_undefined() -> None:
    assert all(np.isnan(x) for x in measured([-1, -1], [False, False]).values())
