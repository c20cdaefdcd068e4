import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.engine.graph import normalised
from training.models.lightgcn_task import Propagated
from training.models.simgcl import SPEC
from training.models.simgcl_task import Noisy
from training.registry import fill

SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 12, "batch": 256}
CPU = torch.device("cpu")


def task(**params: object) -> Noisy:
    torch.manual_seed(0)
    return Noisy(SPLIT.train, fill(SPEC, params), CPU)


def test_without_noise_a_view_is_the_mean_over_layers_one_to_k() -> None:
    made = task(eps=0.0, layers=3)
    start = np.concatenate([table.weight.detach().numpy() for table in (made.users, made.items)])
    graph = normalised(SPLIT.train).toarray()
    powers = [np.linalg.matrix_power(graph, k) @ start for k in (1, 2, 3)]
    found = np.concatenate([side.detach().numpy() for side in made.view()])
    np.testing.assert_allclose(found, np.mean(powers, axis=0), atol=1e-6)


@pytest.mark.parametrize("layers", [0, 1])
def test_noise_has_its_length_and_stays_in_the_orthant(layers: int) -> None:
    made = task(eps=0.3, layers=layers)
    bare = task(eps=0.0, layers=layers)
    for noisy, clean in zip(made.view(), bare.view(), strict=True):
        moved = (noisy - clean).detach()
        np.testing.assert_allclose(moved.norm(dim=1), 0.3, rtol=1e-5)
        assert (moved * torch.sign(clean) >= -1e-7).all()


def test_two_views_differ() -> None:
    made = task()
    assert not torch.equal(made.view()[0], made.view()[0])


def test_the_contrast_is_the_plain_formula() -> None:
    made = task(view_temperature=0.4)
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    cosine = (one @ other.T) / np.outer(*(np.linalg.norm(x, axis=1) for x in (one, other)))
    heat = np.exp(cosine / 0.4)
    expected = np.mean([-np.log(heat[i, i] / heat[i].sum()) for i in range(5)])
    found = made.alike(torch.from_numpy(one), torch.from_numpy(other))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_weight_nought_is_lightgcn_and_more_adds_the_contrast() -> None:
    batch = task().batch(torch.arange(25))
    torch.manual_seed(0)
    plain = float(Propagated(SPLIT.train, fill(SPEC, {}), CPU).loss(batch).detach())
    assert float(task(weight=0.0).loss(batch).detach()) == pytest.approx(plain, rel=1e-6)
    added = [float(task(weight=weight).loss(batch).detach()) - plain for weight in (0.5, 1.0)]
    assert added[1] > added[0] > 0


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(fitted("simgcl", SPLIT, **FAST), SPLIT) > 1.3 * POP
    assert ndcg(fitted("simgcl", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP


def test_self_supervision_spreads_the_items_out() -> None:
    """Uniformity (Wang and Isola 2020): mean of e^(-2 d^2) over pairs of items, lower is wider."""

    def crowding(weight: float) -> float:
        made = fitted("simgcl", SPLIT, **FAST, weight=weight)
        items = made.serving()["item_factors"].astype(float)
        return float(np.exp(-2 * (2 - 2 * items @ items.T)).mean())

    assert crowding(1.0) < crowding(0.0)
