from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.engine.graph import normalised
from training.models.lightgcn import SPEC
from training.models.lightgcn_task import Propagated
from training.models.mf_ssm_task import Contrast
from training.registry import fill

SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 12, "batch": 256}
CPU = torch.device("cpu")


def task(**params: object) -> Propagated:
    torch.manual_seed(0)
    return Propagated(SPLIT.train, fill(SPEC, params), CPU)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_vectors_are_the_mean_over_the_powers_of_the_graph(layers: int) -> None:
    made = task(layers=layers, loss="bpr")
    start = np.concatenate([table.weight.detach().numpy() for table in (made.users, made.items)])
    graph = normalised(SPLIT.train).toarray()
    powers = [np.linalg.matrix_power(graph, k) @ start for k in range(layers + 1)]
    found = np.concatenate([side.detach().numpy() for side in made.vectors()])
    np.testing.assert_allclose(found, np.mean(powers, axis=0), atol=1e-6)


def test_without_layers_it_is_contrastive_factorisation() -> None:
    made = task(layers=0)
    torch.manual_seed(0)
    plain = Contrast(SPLIT.train, fill(SPEC, {}), CPU)
    batch = made.batch(torch.arange(30))
    torch.testing.assert_close(made.loss(batch), plain.loss(batch))


def test_bpr_is_the_plain_formula_over_events_and_drawn_negatives() -> None:
    made = task(loss="bpr", negatives=9, regularization=0.3)
    users = [2, 17]
    batch = made.batch(torch.tensor(users))
    x, y = (side.detach().numpy().astype(float) for side in made.vectors())
    ego, other = (table.weight.detach().numpy() for table in (made.users, made.items))
    total = 0.0
    for user in users:
        mine = SPLIT.train[user].indices
        wrong = [j for j in batch.shared["against"].tolist() if j not in mine]
        for i in mine:
            gaps = [x[user] @ (y[i] - y[j]) for j in wrong]
            total += np.mean([-np.log(1 / (1 + np.exp(-gap))) for gap in gaps])
            total += 0.3 * (ego[user] @ ego[user] + other[i] @ other[i])
    expected = total / (made.log.mean * 2)
    assert float(made.loss(batch).detach()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["infonce", "bpr"])
def test_it_finds_taste_and_none_in_shuffled_events(kind: str) -> None:
    settings = FAST | {"loss": kind, "negatives": 60}
    assert ndcg(fitted("lightgcn", SPLIT, **settings), SPLIT) > 1.3 * POP
    assert ndcg(fitted("lightgcn", shuffled(SPLIT), **settings), SPLIT) < 1.1 * POP


def test_held_out_events_are_no_edges() -> None:
    """Only what training may see spreads: other validation and test events change no score."""
    users = np.arange(SPLIT.n_users)
    other = replace(SPLIT, test=SPLIT.validation, validation=SPLIT.test)
    one, two = (fitted("lightgcn", split, **FAST) for split in (SPLIT, other))
    assert np.array_equal(one.scores(users), two.scores(users))
