from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, planted
from training import registry
from training.engine.judge import Judge
from training.engine.task import Scorer
from training.features import Positives
from training.metrics.accuracy import accuracy, hits
from training.models.apr import SPEC
from training.models.apr_task import Adversarial
from training.models.contract import Model, quiet
from training.recommend import top
from training.registry import fill
from training.split import Split, split
from training.stats import paired
from training.store import Checkpoint
from training.tune.trial import Watch

SPLIT = planted(stars=True)
BPRS = {"negatives": 1, "user_regularization": 0.01, "item_regularization": 0.01}  # its defaults
FAST = {"epochs": 20, "batch": 512, "learning_rate": 0.01, **BPRS}
SOME = torch.tensor([0, 500, 501, 2000])


def task(**params: object) -> Adversarial:
    torch.manual_seed(0)
    made = Adversarial(SPLIT.train, fill(SPEC, params), torch.device("cpu"))
    torch.nn.init.normal_(made.bias.weight)
    made.module.double()
    made.fighting = True
    return made


def ranking(made: Adversarial, batch: dict[str, torch.Tensor]) -> float:
    """The batch's summed loss, by the plainest loop."""
    x, y, b = (table.weight.detach().numpy() for table in (made.users, made.items, made.bias))
    total = 0.0
    for u, i, against, weight in zip(
        *(batch[name].tolist() for name in ("users", "items", "against", "weights")), strict=True
    ):
        gaps = [x[u] @ (y[i] - y[j]) + b[i, 0] - b[j, 0] for j in against]
        total += weight * np.mean([np.log1p(np.exp(-gap)) for gap in gaps])
    return total


@pytest.mark.parametrize("negatives", [1, 3])
def test_the_slope_is_what_a_small_move_by_hand_finds(negatives: int) -> None:
    made = task(negatives=negatives)
    batch = made.batch(SOME)
    users, down_users, items, down_items = made.slopes(batch)
    for table, rows, slopes in (
        (made.users.weight, users, down_users),
        (made.items.weight, items, down_items),
    ):
        for place, row in enumerate(rows.tolist()):
            ends = []
            for step in (1e-5, -2e-5):
                table.data[row, 7] += step
                ends.append(ranking(made, batch.each))
            table.data[row, 7] += 1e-5
            assert float(slopes[place, 7]) == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-7)


def test_a_push_has_the_length_epsilon_and_is_worse_than_any_drawn_one() -> None:
    made = task(epsilon=0.3)
    batch = made.batch(SOME)
    for name in ("push_user", "push_items"):
        lengths = batch.each[name].norm(dim=-1)
        torch.testing.assert_close(lengths, torch.full_like(lengths, 0.3))
    users, down, *_ = made.slopes(batch)
    before = made.users.weight.data.clone()

    def pushed(push: torch.Tensor) -> float:
        made.users.weight.data = before.clone()
        made.users.weight.data[users] += push
        return ranking(made, batch.each)

    worst = pushed(made.push(down))
    assert worst > max(pushed(made.push(torch.randn_like(down))) for _ in range(50))


def test_the_loss_adds_the_ranking_of_pushed_vectors_by_its_weight() -> None:
    made = task(negatives=2, reg_adv=0.7)
    batch = made.batch(SOME)
    found = float(made.loss(batch).detach())
    made.fighting = False
    plain = float(made.loss(batch.__class__({k: batch.each[k] for k in PLAIN})).detach())
    users, down_users, items, down_items = made.slopes(batch)
    made.users.weight.data[users] += made.push(down_users)
    made.items.weight.data[items] += made.push(down_items)
    assert found == pytest.approx(plain + 0.7 * ranking(made, batch.each) / len(SOME), rel=1e-6)


PLAIN = ("users", "items", "weights", "against")


@pytest.mark.parametrize(
    "off",
    [{"reg_adv": 0}, {"adversarial_epochs": 0, "epochs": 3}],
    ids=["finding its epochs on validation", "of so many epochs"],
)
def test_without_the_push_it_is_bpr_to_the_last_bit(off: dict[str, int]) -> None:
    users, more = np.arange(SPLIT.n_users), {"batch": 512, "learning_rate": 0.05, **BPRS}
    ours = fitted("apr", SPLIT, **more, **off)
    plain = fitted("bpr", SPLIT, **more, epochs=off.get("epochs"))
    assert np.array_equal(ours.scores(users), plain.scores(users))
    assert ours.serving_meta()["epochs"] == plain.serving_meta()["epochs"]


def tastes(seed: int, users: int = 300, items: int = 300) -> Split:
    """Directions of people and items, and a popularity law: what is near is taken."""
    rng = np.random.default_rng(seed)
    mine, theirs = (rng.normal(size=(n, 8)) for n in (users, items))
    mine /= np.linalg.norm(mine, axis=1, keepdims=True)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    near = 20 * mine @ theirs.T - 0.7 * np.log1p(rng.permutation(items))
    taken = np.argsort(-near - rng.gumbel(size=near.shape), axis=1)[:, :20].astype(np.int32)
    people = np.repeat(np.arange(users, dtype=np.int32), 20)
    ones, at = np.ones(len(people), np.float32), rng.integers(1, 10**9, len(people))
    return split(Positives(people, taken.reshape(-1), ones, at, users, items), "random", seed=seed)


def pushed(model: Model, whole: Split) -> Scorer:
    """The model's served vectors, all pushed by .5 the way that is worst for these vectors."""
    torch.manual_seed(0)
    made = Adversarial(whole.train, fill(SPEC, {"epsilon": 0.5}), torch.device("cpu"))
    users, items = (
        torch.from_numpy(model.serving()[side]) for side in ("user_factors", "item_factors")
    )
    made.users.weight.data, made.items.weight.data = users[:, :-1], items[:, :-1]
    made.bias.weight.data = items[:, -1:]
    return made.attacked()


def each(scorer: Scorer, whole: Split) -> np.ndarray:
    """NDCG@10 of each user on all that was held out."""
    held = (whole.validation + whole.test).tocsr()
    held.sort_indices()
    users = np.arange(whole.n_users)
    lists, _ = top(scorer, users, whole.train, 10)
    return accuracy(hits(lists, held), np.diff(held.indptr), (10,), ("ndcg",))["ndcg@10"]


def test_lists_stand_the_worst_push_better_than_bprs() -> None:
    whole, bpr = tastes(0), FAST | {"epochs": 15}
    plain = fitted("bpr", whole, **bpr)
    ours = fitted("apr", whole, **bpr, adversarial_epochs=20)
    lost = [each(made.scores, whole) - each(pushed(made, whole), whole) for made in (ours, plain)]
    found = paired(*lost, np.random.default_rng(0))
    assert lost[1].mean() > 0.08  # the push does hurt
    assert found.difference < -0.01 and found.p < 0.05


def test_what_it_says_of_itself_is_what_the_vectors_do() -> None:
    made = fitted("apr", SPLIT, **FAST, adversarial_epochs=3)
    assert made.facts()["after"] == pytest.approx(Judge(SPLIT)(made.scores), abs=1e-9)
    assert all(f"{made.facts()['after_pushed']:.4f}" in text for text in made.notes()[0].values())


def test_a_step_in_parts_is_the_same_step() -> None:
    users, more = np.arange(SPLIT.n_users), {"epochs": 3, "adversarial_epochs": 3, "batch": 512}
    whole, parts = (fitted("apr", SPLIT, **more, accumulate=n) for n in (1, 4))
    np.testing.assert_allclose(whole.scores(users), parts.scores(users), atol=2e-3)


class Stopped(BaseException):
    """What the worker raises through progress when it is told to end."""


@pytest.mark.parametrize("percent", [25, 75])  # in either stage
def test_an_interrupted_run_ends_in_the_same_bits(percent: int, tmp_path: Path) -> None:
    params = FAST | {"epochs": 4, "adversarial_epochs": 4}

    def stop(done: int, total: int, step: str) -> None:
        if done * 100 >= percent * total:
            raise Stopped

    def run(progress: object) -> np.ndarray:
        made = registry.load_model("apr")(**params)
        rng, states = np.random.default_rng(0), Checkpoint(tmp_path)
        made.fit(SPLIT, rng=rng, progress=progress, checkpoint=states)
        return np.asarray(made.scores(np.arange(SPLIT.n_users)))

    with pytest.raises(Stopped):
        run(stop)
    unbroken = fitted("apr", SPLIT, **params).scores(np.arange(SPLIT.n_users))
    assert np.array_equal(run(quiet), unbroken)


def test_a_trial_of_a_search_leaves_no_states_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    watch = Watch(lambda epoch, value: False)
    made = registry.load_model("apr")(**FAST | {"epochs": 1, "adversarial_epochs": 2})
    made.fit(SPLIT, rng=np.random.default_rng(0), progress=quiet, checkpoint=watch)
    assert sorted(watch.steps) == [1, 2] and not list(tmp_path.iterdir())
