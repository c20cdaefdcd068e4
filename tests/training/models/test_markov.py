import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg, planted
from tests.training.models.sequences import chained, disordered, redrawn
from training.models.order import histories

WHOLE = chained()
POP = ndcg(fitted("pop", WHOLE), WHOLE)
FIRST = {"window": 1, "shrink": 0.0}


def test_it_equals_the_plain_loop_over_histories() -> None:
    window, decay, shrink, recency = 3, 0.7, 2.0, 0.6
    train, at = WHOLE.train.toarray() > 0, WHOLE.train_at.toarray()
    chains = [sorted(np.flatnonzero(row), key=lambda i, u=u: at[u, i])
              for u, row in enumerate(train)]  # fmt: skip
    follows = np.zeros((WHOLE.n_items, WHOLE.n_items))
    for chain in chains:
        for place, item in enumerate(chain):
            for gap in range(1, window + 1):
                if place + gap < len(chain):
                    follows[item, chain[place + gap]] += decay ** (gap - 1)
    follows /= (train.sum(axis=0) + shrink)[:, None]
    made = fitted("markov", WHOLE, window=window, decay=decay, shrink=shrink, recency=recency)
    for user in (0, 17, 101):
        expected = sum(
            recency**age * follows[item] for age, item in enumerate(reversed(chains[user]))
        )
        np.testing.assert_allclose(made.scores(np.array([user]))[0], expected, atol=1e-9)


def test_towards_recency_0_the_newest_item_alone_speaks() -> None:
    made = fitted("markov", WHOLE, **FIRST, recency=0.01)
    known = histories(WHOLE, "markov")
    newest = np.array([known.of(user)[-1] for user in range(WHOLE.n_users)])
    assert np.mean(made.scores(np.arange(WHOLE.n_users)).argmax(axis=1) == (newest + 1) % 60) > 0.9


def test_it_finds_a_planted_chain_and_loses_it_with_the_order() -> None:
    found = ndcg(fitted("markov", WHOLE), WHOLE)
    assert found > 3 * POP
    assert found > ndcg(fitted("itemknn", WHOLE), WHOLE)  # taste alone does not know the order
    assert ndcg(fitted("markov", disordered(WHOLE), window=1), WHOLE) < 0.6 * found
    assert ndcg(fitted("markov", redrawn(WHOLE)), WHOLE) < 1.3 * POP


@pytest.mark.parametrize("model", ["markov", "sasrec"])
def test_without_times_or_on_a_random_split_it_is_refused(model: str) -> None:
    with pytest.raises(ValueError, match="needs times or an order"):
        fitted(model, planted(times=False, name="cold-item"))
    with pytest.raises(ValueError, match="use temporal, user-temporal or leave-last"):
        fitted(model, planted(name="random"))


def test_windows_hold_the_newest_items_oldest_first() -> None:
    known = histories(WHOLE, "markov")
    items, lengths = known.windows(np.array([3, 8]), 4)
    assert items.tolist() == [known.of(3)[-4:].tolist(), known.of(8)[-4:].tolist()]
    assert lengths.tolist() == [4, 4]
    items, lengths = known.windows(np.array([3]), 40)
    assert items.tolist() == [known.of(3).tolist()] and lengths.tolist() == [10]
    assert len(known.windows(np.array([], int), 5)[0]) == 0


def test_spans_ask_for_every_item_but_each_users_first() -> None:
    known = histories(WHOLE, "markov")
    stops, lengths = known.cut(4)
    asked: list[int] = []
    for stop, length in zip(stops.tolist(), lengths.tolist(), strict=True):
        assert 2 <= length <= 4
        asked += range(stop - length + 1, stop)
    firsts = set(known.ends[:-1].tolist())
    assert sorted(asked) == [row for row in range(len(known.items)) if row not in firsts]
