import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.multvae import SPEC
from training.models.multvae_task import Restored
from training.registry import fill

SPLIT = planted(stars=True)
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 25, "batch": 16, "hidden": 80, "code": 30, "anneal": 100}
CPU = torch.device("cpu")


def task(**params: object) -> Restored:
    torch.manual_seed(0)
    return Restored(SPLIT.train, fill(SPEC, {"hidden": 12, "code": 5, **params}), CPU)


def test_without_noise_the_loss_is_the_plain_formula() -> None:
    made = task(beta=0.7, anneal=4)
    made.module.eval()
    users = [3, 77]
    batch = made.batch(torch.tensor(users))  # one step of four
    with torch.no_grad():
        mean, spread = made.coder.encode(made.histories(batch.each["users"]))
        found = float(made.loss(batch))
        logits = made.coder.out(made.coder.decode(mean)).numpy().astype(float)
    total = 0.0
    for row, user in enumerate(users):
        taken = SPLIT.train[user].toarray()[0] / SPLIT.train.data.mean()
        likely = logits[row] - np.log(np.exp(logits[row]).sum())
        total -= sum(x * z for x, z in zip(taken, likely, strict=True))
        code = Normal(mean[row].double(), torch.exp(0.5 * spread[row].double()))
        total += 0.7 / 4 * float(kl_divergence(code, Normal(0.0, 1.0)).sum())
    assert found == pytest.approx(total / 2, rel=1e-5)


def test_what_is_read_has_length_one_whatever_the_history_weighs() -> None:
    made = task()
    made.module.eval()
    taken = made.histories(torch.tensor([4, 9]))
    for one, other in zip(made.coder.encode(taken), made.coder.encode(taken * 7), strict=True):
        torch.testing.assert_close(one, other)


def test_beta_grows_in_a_line_and_then_stands() -> None:
    made = task(beta=0.2, anneal=10)
    grown = []
    for _ in range(15):
        made.batch(torch.tensor([0]))
        grown.append(float(made.beta()))
    np.testing.assert_allclose(grown, [0.2 * min(step / 10, 1) for step in range(1, 16)], rtol=1e-6)


def test_the_served_vectors_give_the_decoders_logits() -> None:
    made = task()
    made.module.eval()
    with torch.no_grad():
        users, items = made.vectors()
        mean, _ = made.coder.encode(made.histories(torch.arange(SPLIT.n_users)))
        expected = made.coder.out(made.coder.decode(mean))
    torch.testing.assert_close(users @ items.T, expected)


def test_codes_are_noisy_in_training_alone() -> None:
    made = task(dropout=0.0)
    batch = made.batch(torch.arange(20))
    made.module.train()
    assert made.loss(batch) != made.loss(batch)
    made.module.eval()
    assert made.loss(batch) == made.loss(batch)


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(fitted("multvae", SPLIT, **FAST), SPLIT) > 1.3 * POP
    assert ndcg(fitted("multvae", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP
