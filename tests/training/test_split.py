from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

from training.features import Positives
from training.order import ORDER
from training.split import CHOSEN, NAMES, REASONS, Split, SplitError, split


def positives_of(pairs: list[tuple[int, int]], at: list[int] | None) -> Positives:
    users, items = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    return Positives(
        users=users,
        items=items,
        confidence=(1 + users + items).astype(np.float32),
        at=None if at is None else np.array(at, dtype=np.int64),
        n_users=int(users.max(initial=-1)) + 2,  # one more user and item than have events
        n_items=int(items.max(initial=-1)) + 2,
    )


def histories(users: int, length: int) -> Positives:
    """Users take items 0, 1, 2 ... in turn: all take one before anyone takes the next."""
    pairs = [(user, item) for item in range(length) for user in range(users)]
    return positives_of(pairs, [1000 * item + user for user, item in pairs])


def pairs_of(matrix: sparse.csr_matrix) -> set[tuple[int, int]]:
    both = matrix.tocoo()
    return set(zip(both.row.tolist(), both.col.tolist(), strict=True))


def times_of(positives: Positives, matrix: sparse.csr_matrix) -> dict[tuple[int, int], int]:
    assert positives.at is not None
    times = zip(positives.users, positives.items, positives.at, strict=True)
    known = {(int(user), int(item)): int(at) for user, item, at in times}
    return {pair: known[pair] for pair in pairs_of(matrix)}


LOGS = st.integers(0, 2**32 - 1).map(
    lambda seed: (
        lambda rng: positives_of(
            [(int(cell) // 15, int(cell) % 15) for cell in rng.choice(300, 120, replace=False)],
            rng.integers(1, 1000, 120).tolist(),
        )
    )(np.random.default_rng(seed))
)
MADE = tuple(name for name in NAMES if name != "given")


@settings(deadline=None)
@given(LOGS, st.sampled_from(MADE), st.integers(0, 99))
def test_the_parts_are_disjoint_and_whole(log: Positives, name: str, seed: int) -> None:
    made = split(log, name, seed=seed)
    parts = [pairs_of(part) for part in (made.train, made.validation, made.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(log)
    for part in (made.train, made.validation, made.test):
        assert part.shape == (log.n_users, log.n_items) == (made.n_users, made.n_items)
        assert part.dtype == np.float32
        for row in range(part.shape[0]):
            indices = part.indices[part.indptr[row] : part.indptr[row + 1]]
            assert (np.diff(indices) > 0).all()
    whole = (made.train + made.validation + made.test).toarray()
    assert (whole[log.users, log.items] == log.confidence).all()


@settings(deadline=None)
@given(LOGS)
def test_a_global_cut_never_tests_on_the_past(log: Positives) -> None:
    made = split(log, "temporal")
    train, validation, test = (
        times_of(log, part).values() for part in (made.train, made.validation, made.test)
    )
    assert max(train) < min(validation) <= max(validation) < min(test)
    assert made.leak == 0


@settings(deadline=None)
@given(LOGS, st.sampled_from(["user-temporal", "leave-last"]))
def test_each_users_own_past_comes_first(log: Positives, name: str) -> None:
    made = split(log, name)
    for earlier, later in (("train", "validation"), ("validation", "test"), ("train", "test")):
        before, after = (times_of(log, getattr(made, part)) for part in (earlier, later))
        for user in range(log.n_users):
            old = [time for (owner, _), time in before.items() if owner == user]
            new = [time for (owner, _), time in after.items() if owner == user]
            assert not old or not new or max(old) <= min(new)


@settings(deadline=None)
@given(LOGS, st.sampled_from([name for name in MADE if name not in ("temporal", "auto")]))
def test_the_leak_is_the_share_of_test_events_before_the_newest_training(
    log: Positives, name: str
) -> None:
    made = split(log, name)
    newest = max(times_of(log, made.train).values())
    tested = list(times_of(log, made.test).values())
    assert made.leak == pytest.approx(sum(time < newest for time in tested) / len(tested))


@pytest.mark.parametrize(
    ("length", "sizes"),
    [(1, (1, 0, 0)), (2, (2, 0, 0)), (3, (1, 1, 1)), (10, (8, 1, 1)), (19, (17, 1, 1))]
    + [(20, (16, 2, 2)), (39, (33, 3, 3))],
)
@pytest.mark.parametrize("name", ["user-temporal", "random"])
def test_a_history_is_divided_by_the_written_rule(
    name: str, length: int, sizes: tuple[int, int, int]
) -> None:
    pairs = [(0, item) for item in range(length)] + [(1, item) for item in range(10)]
    made = split(positives_of(pairs, list(range(len(pairs)))), name)
    assert tuple(part[0].nnz for part in (made.train, made.validation, made.test)) == sizes


def test_each_user_loses_the_last_item_to_test_and_the_one_before_to_validation() -> None:
    made = split(histories(users=3, length=5), "leave-last")
    assert pairs_of(made.test) == {(0, 4), (1, 4), (2, 4)}
    assert pairs_of(made.validation) == {(0, 3), (1, 3), (2, 3)}


def test_equal_times_follow_the_order_of_the_log() -> None:
    pairs = [(0, 3), (0, 1), (0, 2), (1, 0), (1, 3), (1, 2)]
    made = split(positives_of(pairs, [5, 5, 5, 5, 5, 6]), "leave-last")
    assert pairs_of(made.test) == {(0, 2), (1, 2)}


def test_cold_items_and_users_are_unknown_to_training() -> None:
    log = histories(users=30, length=20)
    items = split(log, "cold-item")
    assert not set(items.test.indices) & set(items.train.indices)
    assert len(set(items.test.indices)) == len(set(items.validation.indices)) == 2
    users = split(log, "cold-user")
    assert not ((users.test.getnnz(1) > 0) & (users.train.getnnz(1) > 0)).any()
    assert (users.test.getnnz(1) > 0).sum() == 3


@pytest.mark.parametrize("name", ["random", "cold-item", "cold-user"])
def test_the_seed_decides_and_nothing_else(name: str) -> None:
    log = histories(users=30, length=20)
    first, again, other = (split(log, name, seed=seed) for seed in (1, 1, 2))
    assert pairs_of(first.test) == pairs_of(again.test)
    assert pairs_of(first.test) != pairs_of(other.test)


def test_a_given_split_is_followed() -> None:
    log = histories(users=3, length=3)
    parts = np.array([0, 0, 0, 1, 0, 0, 2, 2, 0])
    made = split(log, "given", given=parts)
    assert pairs_of(made.validation) == {(0, 1)}
    assert pairs_of(made.test) == {(0, 2), (1, 2)}


@pytest.mark.parametrize("parts", [None, np.zeros(3), np.full(9, 3)])
def test_a_given_split_must_fit(parts: np.ndarray | None) -> None:
    assert code(histories(3, 3), "given", given=parts) == "given-missing"


def test_auto_takes_one_cut_where_enough_test_users_have_a_history() -> None:
    made = split(histories(users=250, length=10))
    assert (made.name, made.chosen_because, made.leak) == ("temporal", "", 0)


def test_auto_falls_back_and_says_why() -> None:
    made = split(histories(users=50, length=10))
    assert (made.name, made.chosen_because) == ("user-temporal", "few-temporal-test-users")
    log = histories(users=50, length=10)
    timeless = Positives(log.users, log.items, log.confidence, None, log.n_users, log.n_items)
    made = split(timeless)
    assert (made.name, made.chosen_because) == ("random", "no-times")
    assert (made.leak, made.train_at) == (None, None)
    same = Positives(log.users, log.items, log.confidence, log.at * 0, log.n_users, log.n_items)  # type: ignore[operator]
    assert split(same).chosen_because == "one-time"
    assert log.at is not None
    at = log.at % 1000 + ORDER
    placed = Positives(log.users, log.items, log.confidence, at, log.n_users, log.n_items)
    assert split(placed).chosen_because == "order-only"
    reasons = {"few-temporal-test-users", "no-times", "one-time", "order-only"}
    assert reasons == set(CHOSEN)


def test_test_users_without_a_history_do_not_count_for_auto() -> None:
    old = [(0, item) for item in range(3000)] + [(1, item) for item in range(100)]
    new = [(2 + user, 1) for user in range(300)]
    log = positives_of(old + new, list(range(len(old))) + [10_000] * len(new))
    assert split(log).chosen_because == "few-temporal-test-users"


def test_training_times_have_trainings_pattern() -> None:
    log = histories(users=3, length=5)
    made = split(log, "leave-last")
    assert made.train_at is not None
    assert made.train_at.indptr.tolist() == made.train.indptr.tolist()
    assert made.train_at.indices.tolist() == made.train.indices.tolist()
    assert made.train_at[1].data.tolist() == [1, 1001, 2001]
    assert made.train_at[0].data[0] == 0  # an event at second 0 stays in the pattern


def test_what_must_not_be_ranked() -> None:
    made = split(histories(users=3, length=5), "leave-last")
    assert pairs_of(made.masked("validation")) == pairs_of(made.train)
    assert pairs_of(made.masked("test")) == pairs_of(made.train) | pairs_of(made.validation)
    with pytest.raises(ValueError, match="part"):
        made.masked("train")


def code(log: Positives, name: str, given: np.ndarray | None = None) -> str:
    with pytest.raises(SplitError) as caught:
        split(log, name, given=given)
    assert isinstance(caught.value, ValueError)
    for text in REASONS[caught.value.code]:
        assert text.format(**caught.value.details)
    return caught.value.code


def test_bad_50_what_is_too_small_is_refused_in_words() -> None:
    one_each = positives_of([(user, user % 7) for user in range(20)], list(range(20)))
    assert code(one_each, "user-temporal") == "empty-part"
    assert code(positives_of([(0, 1), (0, 2)], [1, 2]), "auto") == "too-few-users"
    assert code(positives_of([(0, 1), (1, 1)], [1, 2]), "auto") == "too-few-items"
    assert code(positives_of([], []), "random") == "too-few-users"


@pytest.mark.parametrize("name", ["temporal", "user-temporal", "leave-last"])
def test_bad_36_splits_by_time_need_times(name: str) -> None:
    log = histories(users=3, length=5)
    timeless = Positives(log.users, log.items, log.confidence, None, log.n_users, log.n_items)
    assert code(timeless, name) == "no-times"
    same = positives_of(list(zip(log.users.tolist(), log.items.tolist(), strict=True)), [7] * 15)
    assert code(same, name) == "one-time"


def test_an_unknown_split_is_named() -> None:
    assert code(histories(3, 3), "magic") == "unknown-split"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), unique=True, min_size=1, max_size=25),
    st.sampled_from(MADE),
)
def test_any_small_log_is_split_or_refused(pairs: list[tuple[int, int]], name: str) -> None:
    assume(len(pairs) > 0)
    log = positives_of(pairs, [user * item for user, item in pairs])
    try:
        assert isinstance(split(log, name), Split)
    except SplitError as refused:
        assert refused.code in REASONS


def test_one_cut_gives_eighty_ten_ten_and_keeps_a_second_together() -> None:
    log = histories(users=10, length=10)
    made = split(log, "temporal")
    assert [part.nnz for part in (made.train, made.validation, made.test)] == [80, 10, 10]
    pairs = list(zip(log.users.tolist(), log.items.tolist(), strict=True))
    hours = positives_of(pairs, [place // 15 for place in range(100)])  # the cut falls in hour 5
    made = split(hours, "temporal")
    assert [part.nnz for part in (made.train, made.validation, made.test)] == [75, 15, 10]
