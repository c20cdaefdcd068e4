from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.feature_mf import SPEC
from training.models.feature_mf_task import Summed
from training.models.side import side
from training.registry import fill

SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)
IDS = {"item_features": False, "profiles": False, "text": False}
FAST = {"epochs": 12, "batch": 256}
CPU = torch.device("cpu")


def test_with_one_hot_ids_alone_it_is_factorisation() -> None:
    users = np.arange(SPLIT.n_users)
    ours = fitted("feature_mf", SPLIT, **FAST, **IDS, id_dropout=0.0)
    plain = fitted("mf_ssm", SPLIT, **FAST)
    np.testing.assert_allclose(ours.scores(users), plain.scores(users), atol=1e-6)


def test_vectors_are_the_products_of_the_feature_matrices() -> None:
    """u = W I_u + b by dense matrices, one-hot ids and all."""
    train = SPLIT.train.tolil()
    train[:, 9] = 0
    years = (1960 + 10 * (np.arange(SPLIT.n_items) % 4)).astype(np.float32)
    vectors = np.random.default_rng(0).standard_normal((SPLIT.n_items, 5)).astype(np.float32)
    items = replace(SPLIT.items, years=years, vectors=vectors)
    split = replace(SPLIT, train=train.tocsr(), items=items)
    torch.manual_seed(0)
    made = Summed(
        split.train,
        side(split, "feature_mf", text=True),
        fill(SPEC, {"text": True, "loss": "bpr"}),
        CPU,
    )
    torch.nn.init.normal_(made.offsets.weight)
    made.module.eval()
    topics, decade = items.topics.toarray(), np.eye(4)[np.arange(SPLIT.n_items) % 4]
    features = np.hstack([topics / topics.sum(axis=1, keepdims=True), decade])
    known = np.diag((split.train.toarray() > 0).any(axis=0).astype(float))
    taken = split.train.toarray() > 0
    profile = (taken @ features) / taken.sum(axis=1, keepdims=True)
    state = [value.detach().numpy().astype(float) for value in made.module.parameters()]
    user_ids, item_ids, item_table, user_table, words, (b, c) = state
    centred = vectors - vectors.mean(axis=0)
    texts = made.texts.numpy().astype(float)
    np.testing.assert_allclose(np.cov(texts.T, bias=True), np.eye(5), atol=1e-4)
    assert np.linalg.matrix_rank(np.hstack([texts, centred]), tol=1e-3) == 5  # the same space
    found_users, found_items = (part.detach().numpy() for part in made.vectors())
    one_hot_items = np.hstack([known, features, texts])
    np.testing.assert_allclose(
        found_items, one_hot_items @ np.vstack([item_ids, item_table, words.T]) + c, atol=1e-5
    )
    one_hot_users = np.hstack([np.eye(SPLIT.n_users), profile])
    np.testing.assert_allclose(
        found_users, one_hot_users @ np.vstack([user_ids, user_table]) + b, atol=1e-5
    )


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(fitted("feature_mf", SPLIT, **FAST), SPLIT) > 1.3 * POP
    assert ndcg(fitted("feature_mf", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP


def test_features_rank_items_that_nobody_touched_and_shuffled_features_do_not() -> None:
    cold = planted(name="cold-item")
    only = np.bincount(cold.train.indices, minlength=cold.n_items) == 0
    order = np.random.default_rng(1).permutation(cold.n_items)
    mixed = replace(cold, items=replace(cold.items, topics=cold.items.topics[order]))
    found = ndcg(fitted("feature_mf", cold, **FAST), cold, only=only)
    assert found > 1.4 * ndcg(fitted("random", cold), cold, only=only)
    assert ndcg(fitted("feature_mf", mixed, **FAST), mixed, only=only) < 0.75 * found


def test_hidden_ids_are_hidden_while_learning_alone() -> None:
    made = Summed(
        SPLIT.train, side(SPLIT, "feature_mf"), fill(SPEC, {"id_dropout": 0.5, "loss": "bpr"}), CPU
    )
    made.module.train()
    assert not torch.equal(made.vectors()[1], made.vectors()[1])
    made.module.eval()
    assert torch.equal(made.vectors()[1], made.vectors()[1])


def test_without_a_catalogue_it_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="feature_mf needs an item catalogue"):
        fitted("feature_mf", replace(SPLIT, items=None))
    bare = replace(SPLIT.items, topics=SPLIT.items.topics * 0)
    bare.topics.eliminate_zeros()
    with pytest.raises(ValueError, match="found no category and no year"):
        fitted("feature_mf", replace(SPLIT, items=bare))
    with pytest.raises(ValueError, match="needs text vectors"):
        fitted("feature_mf", SPLIT, text=True)
