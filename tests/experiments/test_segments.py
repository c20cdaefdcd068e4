import numpy as np
from scipy.sparse import csr_matrix

from recweb.experiments import figures
from recweb.experiments.segments import kinds, recall


def test_every_user_is_of_one_kind() -> None:
    counts = np.array([1, 4, 5, 6, 7, 8, 100])
    found = kinds(counts)
    assert found["new"].tolist() == [True, True, False, False, False, False, False]
    assert found["heavy"].tolist() == [False] * 6 + [True]
    assert (found["new"] ^ found["light"] ^ found["heavy"]).all()


def test_equally_active_users_are_light_and_only_new_ones_new() -> None:
    assert kinds(np.array([20, 20, 20]))["light"].all()
    assert kinds(np.array([1, 2]))["new"].all()


def test_recall_counts_items_of_one_kind_only() -> None:
    truth = csr_matrix([[1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0]])
    top = np.array([[0, 2], [2, -1], [0, 1]])
    head = np.array([True, True, False, False])
    assert recall(truth, top, head).tolist()[0] == 0.5
    assert np.isnan(recall(truth, top, head)[1:]).all()
    tail = recall(truth, top, ~head)
    assert np.isnan(tail[0]) and tail[1:].tolist() == [0.5, 0.0]


def test_with_ties_the_words_name_the_share_that_is_heavy() -> None:
    every = {"light": {"n": 9}, "heavy": {"n": 1, "low": 5}}
    assert "the most active 10.0\u202f% of those not new" in figures.rule(
        "heavy", every["heavy"], every
    )
