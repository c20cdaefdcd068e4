import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.bpr import SPEC
from training.models.bpr_task import Pairwise
from training.registry import fill

SPLIT = planted(stars=True)
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 40, "batch": 512, "learning_rate": 0.01}


def task(**params: object) -> Pairwise:
    torch.manual_seed(0)
    made = Pairwise(SPLIT.train, fill(SPEC, params), torch.device("cpu"))
    torch.nn.init.normal_(made.bias.weight)
    return made


@pytest.mark.parametrize("negatives", [1, 3])
def test_the_loss_is_the_plain_formula(negatives: int) -> None:
    made = task(negatives=negatives, user_regularization=0.2, item_regularization=0.3)
    batch = made.batch(torch.tensor([0, 500, 501, 2000]))
    x, y = (table.weight.detach().numpy().astype(float) for table in (made.users, made.items))
    b = made.bias.weight.detach().numpy()[:, 0].astype(float)
    total = 0.0
    for place in range(4):
        u, i = (int(batch.each[name][place]) for name in ("users", "items"))
        against = batch.each["against"][place].tolist()
        assert SPLIT.train[u, i] > 0 and not any(SPLIT.train[u, j] for j in against)
        gaps = [x[u] @ (y[i] - y[j]) + b[i] - b[j] for j in against]
        ranking = np.mean([-np.log(1 / (1 + np.exp(-gap))) for gap in gaps])
        sizes = y[i] @ y[i] + b[i] ** 2 + np.mean([y[j] @ y[j] + b[j] ** 2 for j in against])
        total += SPLIT.train[u, i] / SPLIT.train.data.mean() * ranking
        total += 0.2 * x[u] @ x[u] + 0.3 * sizes
    assert float(made.loss(batch).detach()) == pytest.approx(total / 4, rel=1e-5)


def test_the_served_vectors_carry_the_bias() -> None:
    made = task()
    users, items = made.vectors()
    expected = made.users.weight @ made.items.weight.T + made.bias.weight.T
    torch.testing.assert_close(users @ items.T, expected)


def test_almost_every_training_pair_stands_above_almost_every_other_item() -> None:
    """Rendle 2009 optimises the area under the curve: on the events that it saw it is near 1."""
    plain = {"user_regularization": 0.0, "item_regularization": 0.0}
    made = fitted("bpr", SPLIT, **FAST, **plain)
    scores, taken = made.scores(np.arange(SPLIT.n_users)), SPLIT.train.toarray() > 0
    areas = [
        (row[mine][:, None] > row[~mine]).mean() for row, mine in zip(scores, taken, strict=True)
    ]
    assert np.mean(areas) > 0.97


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(fitted("bpr", SPLIT, **FAST), SPLIT) > 1.3 * POP
    assert ndcg(fitted("bpr", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP


@pytest.mark.parametrize("side", ["user_regularization", "item_regularization"])
def test_each_side_is_regularised_by_its_own_knob(side: str) -> None:
    free, held = (fitted("bpr", SPLIT, **FAST | {"epochs": 5, side: reg}) for reg in (0.0, 1.0))
    name = "user_factors" if side.startswith("user") else "item_factors"
    sizes = [np.abs(made.serving()[name][:, :-1]).mean() for made in (free, held)]
    assert sizes[1] < 0.5 * sizes[0]
