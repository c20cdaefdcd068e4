from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from tests.training.models.planted import TOPICS, fitted, ndcg, planted
from training import registry
from training.models.two_tower_text import contents
from training.split import Split

FEW = {"epochs": 12, "batch": 128}


def worded(whole: Split) -> Split:
    """The planted topics as noisy text vectors instead of categories."""
    rng = np.random.default_rng(0)
    topic = np.asarray(whole.items.topics.argmax(axis=1)).ravel()
    meanings = rng.standard_normal((TOPICS, 16))
    vectors = meanings[topic] + 0.3 * rng.standard_normal((whole.n_items, 16))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    none = sparse.csr_matrix((whole.n_items, 0), dtype=np.float32)
    return replace(whole, items=replace(whole.items, vectors=unit, topics=none, topic_names=()))


COLD = worded(planted(name="cold-item"))
ONLY = np.bincount(COLD.train.indices, minlength=COLD.n_items) == 0


def test_texts_rank_items_that_nobody_touched_and_shuffled_texts_do_not() -> None:
    rng = np.random.default_rng(1)
    mixed = replace(COLD.items, vectors=COLD.items.vectors[rng.permutation(COLD.n_items)])
    found = ndcg(fitted("two_tower_text", COLD, **FEW), COLD, only=ONLY)
    lost = replace(COLD, items=mixed)
    assert found > 1.4 * ndcg(fitted("random", COLD), COLD, only=ONLY)
    assert ndcg(fitted("two_tower_text", lost, **FEW), lost, only=ONLY) < 0.75 * found


def task(**params: Any) -> Any:
    import torch

    from training.models.two_tower_text_task import Contrast

    given = registry.check_params("two_tower_text", {"dropout": 0.0, "factors": 8} | params)
    return Contrast(COLD.train, contents(COLD), given, torch.device("cpu"))


def test_the_loss_equals_the_plain_sum_over_the_batch() -> None:
    import torch

    made = task(temperature=0.5)
    batch = made.batch(torch.tensor([0, 5, 9, 33, 34, 60]))
    users, items = batch.each["users"].numpy(), batch.each["items"].numpy()
    with torch.no_grad():
        left, right = (side.numpy() for side in made.vectors())
        found = made.loss(batch).item()
    taken = np.bincount(COLD.train.indices, minlength=COLD.n_items) / COLD.train.nnz
    expected = []
    for user, item in zip(users, items, strict=True):
        own = np.exp(left[user] @ right[item] / 0.5)
        others = sum(
            np.exp(left[user] @ right[other] / 0.5) / (len(items) * taken[other])
            for other in items
            if other != item
        )
        expected.append(-np.log(own / (own + others)))
    assert found == pytest.approx(float(np.mean(expected)), rel=1e-4)


def test_log_q_makes_the_batch_stand_for_the_catalogue() -> None:
    """Over many batches the corrected sum estimates the one over all items, each alike."""
    import torch

    made = task()
    made.towers.eval()
    torch.manual_seed(0)
    with torch.no_grad():
        users, items = made.vectors()
        full = torch.exp(users[3] @ items.T / 0.15)
        known = torch.from_numpy(np.bincount(COLD.train.indices, minlength=COLD.n_items) > 0)
        expected = full[known].sum().item()
        sums = []
        for _ in range(400):
            drawn = made.pairs.items[torch.randint(len(made.pairs), (64,))]
            weight = 1.0 / (64 * torch.exp(made.log_share[drawn]))
            sums.append((full[drawn] * weight).sum().item())
    assert np.mean(sums) == pytest.approx(expected, rel=0.1)


def test_a_batch_in_parts_is_the_same_step() -> None:
    import torch

    made = task()
    batch = made.batch(torch.arange(40))
    halves = (made.loss(batch.part(0, 10)) * 10 + made.loss(batch.part(10, 40)) * 30) / 40
    assert halves.item() == pytest.approx(made.loss(batch).item(), rel=1e-5)


def test_the_language_model_stays_as_it_is() -> None:
    made = task()
    assert not any("features" in name for name, _ in made.module.named_parameters())
    assert "features" not in made.module.state_dict()  # no checkpoint carries it either


def test_without_content_it_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="two_tower_text needs the items' texts"):
        fitted("two_tower_text", replace(COLD, items=None))
    bare = replace(COLD.items, vectors=None)
    with pytest.raises(ValueError, match="found no topic, year or text vector"):
        fitted("two_tower_text", replace(COLD, items=bare))
