import numpy as np
import pytest

from training.select.arms import arms
from training.select.draw import draw


def test_pairs_are_free_and_different() -> None:
    taken = [0 * 10 + 3, 2 * 10 + 7]
    users, items = draw([0, 2], 10, taken, 9, np.random.default_rng(0))
    keys = (users * 10 + items).tolist()
    assert len(set(keys)) == 9 and not set(keys) & set(taken)
    assert set(users.tolist()) <= {0, 2}


def test_all_free_pairs_come_when_more_are_asked() -> None:
    users, items = draw([1], 4, [1 * 4 + 0], 99, np.random.default_rng(0))
    assert sorted(items.tolist()) == [1, 2, 3] and set(users.tolist()) == {1}


def test_pairs_of_other_people_do_not_count_as_taken() -> None:
    users, _items = draw([1], 4, [0, 1, 2, 3, 8, 9], 4, np.random.default_rng(0))
    assert len(users) == 4


def test_nothing_is_left() -> None:
    assert len(draw([0], 2, [0, 1], 3, np.random.default_rng(0))[0]) == 0


@pytest.mark.parametrize("size", [1, 20])  # by rejection, and by the whole list
def test_each_free_pair_is_equally_likely(size: int) -> None:
    rng, counts = np.random.default_rng(5), np.zeros(24)
    for _ in range(6000 // size):
        users, items = draw([0, 1, 2], 8, [4], size, rng)
        np.add.at(counts, users * 8 + items, 1)
    assert counts[4] == 0
    free = np.delete(counts, 4)
    chi2 = ((free - free.mean()) ** 2 / free.mean()).sum()
    assert chi2 < 46  # 22 degrees of freedom: p = .002


def test_half_of_the_first_200_are_random_then_a_tenth() -> None:
    found = arms(1000, np.random.default_rng(0))
    assert (int(found[:200].sum()), int(found[200:].sum())) == (100, 80)


def test_any_start_of_the_queue_has_both_arms() -> None:
    found = arms(200, np.random.default_rng(0))
    assert all(int(found[:end].sum()) == end // 2 for end in range(10, 201, 10))


def test_the_order_of_arms_follows_the_seed_and_no_pattern() -> None:
    one, same, other = (arms(100, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2))
    assert one == same != other
    assert one[:10] != one[10:20] or one[10:20] != one[20:30]


@pytest.mark.parametrize("bad", [{"n_items": 0, "size": 1}, {"n_items": 3, "size": -1}])
def test_it_refuses_what_has_no_meaning(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        draw([0], bad["n_items"], [], bad["size"], np.random.default_rng(0))
