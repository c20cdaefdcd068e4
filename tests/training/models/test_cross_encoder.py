from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg
from tests.training.models.worded import WARM
from tests.training.models.worded import on_the_list as on_the_list
from training.models.contract import Model
from training.models.two_stage import recall

pytestmark = pytest.mark.usefixtures("on_the_list")
FEW = {
    "encoder": "tiny",
    "first": "pop",
    "candidates": 20,
    "examples": 2500,
    "precision": "float32",
}
FEW |= {"learning_rate": 0.006, "history": 3, "epochs": 2, "against": 7, "batch": 32}
EVERYBODY = np.arange(WARM.n_users)


@cache
def once() -> Any:
    return fitted("cross_encoder", WARM, **FEW)


def trained(weight: float | None) -> Model:
    """The one training, its order taken by another weight: the weight is found after it."""
    made = copy(once())
    made.weight_ = made.weight_ if weight is None else weight
    return made


def test_weight_1_is_the_first_model_and_nothing_but_candidates_moves() -> None:
    first = fitted("pop", WARM).scores(EVERYBODY).astype(float)
    for weight, same in ((1.0, True), (0.0, False)):
        made: Any = trained(weight)
        scores = np.array(made.scores(EVERYBODY))
        for user in EVERYBODY[:40]:
            free = np.setdiff1d(np.arange(WARM.n_items), WARM.train[user].indices)
            order = sorted(free, key=lambda i, u=user: (-scores[u, i], i))
            plain = sorted(free, key=lambda i, u=user: (-first[u, i], i))
            assert (order == plain) or not same
            assert set(order[:20]) == set(plain[:20]) == set(made.candidates_[user].tolist())
            assert order[20:] == plain[20:]


def test_reading_lifts_what_a_person_likes_above_the_popular() -> None:
    read = ndcg(trained(0.0), WARM)
    assert read > 1.15 * ndcg(trained(1.0), WARM)
    dealt: Any = trained(0.0)  # what was read of each candidate, dealt out to the others
    dealt.said_ = np.random.default_rng(0).permuted(dealt.said_, axis=1)
    assert ndcg(dealt, WARM) < 0.85 * read


def test_the_weight_of_validation_is_at_least_as_good_as_either_end() -> None:
    made: Any = trained(None)
    held = replace(WARM, test=WARM.validation)
    found = [ndcg(trained(weight), held, seen=WARM.train) for weight in (None, 0.0, 1.0)]
    assert found[0] >= max(found[1:]) - 1e-9
    assert made.serving_meta()["weight"] == made.weight_ == made.facts_["weight"]


def test_the_first_models_recall_is_counted_by_hand() -> None:
    made: Any = trained(None)
    shares = []
    for user in EVERYBODY:
        held = set(WARM.validation[user].indices) - set(WARM.train[user].indices)
        if held:
            shares.append(len(held & set(made.candidates_[user].tolist())) / len(held))
    assert made.first_recall_ == pytest.approx(float(np.mean(shares)))
    assert 0.0 < made.first_recall_ < 1.0
    assert recall(np.tile(np.arange(WARM.n_items), (WARM.n_users, 1)), WARM) == 1.0
    none = replace(WARM, validation=WARM.validation * 0)
    none.validation.eliminate_zeros()
    assert recall(made.candidates_, none) is None


def test_the_answer_is_never_read_from_the_past() -> None:
    import torch

    from training.encoders import pick
    from training.encoders.reader import load
    from training.models.cross_encoder_fit import Judge, Ranking, Sequences

    reader = load(*pick.folder("tiny"))
    sequences = Sequences(reader, WARM, history=20)
    candidates: Any = trained(None)
    task = Ranking(
        sequences, Judge(reader, reader.model), candidates.candidates_, {"against": 3} | FEW
    )
    torch.manual_seed(0)
    batch = task.batch(torch.arange(40))
    for user, items in zip(batch.each["users"], batch.each["items"], strict=True):
        mine = set(WARM.train[int(user)].indices.tolist())
        assert int(items[0]) in mine and not mine & set(items[1:].tolist())
    past = sequences.past(3)
    body = sequences.bodies[int(past[-1])]
    row = sequences.of(past[past != past[-1]], int(past[-1]))
    assert row[-1] == sequences.end and row[-1 - len(body) : -1] == body
    assert len(row) <= reader.longest
    assert sequences.at is not None
    times = sequences.at[3].toarray()[0]
    assert (np.diff(times[past]) >= 0).all()  # the newest last


def test_one_seed_gives_one_model_and_lists_serve_it() -> None:
    less = FEW | {"examples": 64, "epochs": 1, "candidates": 5}
    made: Any = fitted("cross_encoder", WARM, **less)
    again = fitted("cross_encoder", WARM, **less)
    np.testing.assert_array_equal(made.scores(EVERYBODY[:9]), again.scores(EVERYBODY[:9]))
    arrays = made.serving()
    scores = np.array(made.scores(EVERYBODY)).astype(np.float32)
    for user in EVERYBODY[:9]:
        free = np.setdiff1d(np.arange(WARM.n_items), WARM.train[user].indices)
        order = sorted(free, key=lambda i, u=user: (-scores[u, i], i))
        assert arrays["items"][user][arrays["items"][user] >= 0].tolist() == order


def test_a_user_without_a_past_and_a_catalogue_smaller_than_the_candidates() -> None:
    train = WARM.train.tolil()
    train[5], train[9:] = 0, 0  # few people, or each would be asked about every item
    changed = replace(WARM, train=train.tocsr(), train_at=None)
    params = FEW | {"candidates": 100, "examples": 20, "epochs": 1, "history": 2}
    made = fitted("cross_encoder", changed, **params)
    assert np.isfinite(made.scores(np.array([5, 6]))).all()


def test_without_texts_it_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="cross_encoder needs the items' texts"):
        fitted("cross_encoder", replace(WARM, items=None), **FEW)
