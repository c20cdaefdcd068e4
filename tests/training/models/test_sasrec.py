from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg
from tests.training.models.sequences import chained, redrawn
from training import registry, store
from training.attention import states
from training.bundle import Bundle
from training.models.contract import Model, quiet
from training.models.order import histories

WHOLE = chained()
SMALL = {"factors": 24, "dropout": 0.1, "batch": 32, "learning_rate": 0.005}


@cache
def trained() -> Model:
    """One fit serves all tests that only read."""
    return fitted("sasrec", WHOLE, **SMALL, epochs=4)


def test_it_finds_a_planted_chain() -> None:
    assert ndcg(trained(), WHOLE) > 3 * ndcg(fitted("pop", WHOLE), WHOLE)


def test_items_drawn_at_random_leave_nothing_to_learn() -> None:
    lost = redrawn(WHOLE)
    assert ndcg(fitted("sasrec", lost, **SMALL, epochs=2), WHOLE) < 1.3 * ndcg(
        fitted("pop", lost), WHOLE
    )


def test_numpy_reads_a_session_as_torch_does() -> None:
    import torch

    from training.models.sasrec_task import NextItem

    params = registry.check_params("sasrec", {"factors": 12, "heads": 3, "longest": 6})
    task = NextItem(WHOLE, histories(WHOLE, "sasrec"), params, torch.device("cpu"))
    for weight in task.module.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    task.module.eval()
    users = np.arange(20)
    with torch.no_grad():
        expected = task.scorer()(users)
    weights = task.weights()
    found = states(weights, *task.histories.windows(users, 6)) @ weights["item_factors"].T
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_what_comes_later_changes_nothing_before_it() -> None:
    weights = {name: array for name, array in trained().serving().items() if name != "user_factors"}
    short = states(weights, np.array([[3, 4, 5, 0]]), [3])
    long = states(weights, np.array([[3, 4, 5, 59]]), [3])
    np.testing.assert_array_equal(short, long)
    assert not np.allclose(short, states(weights, np.array([[3, 4, 5, 59]]), [4]))


def test_a_batch_in_parts_is_the_same_step() -> None:
    import torch

    from training.models.sasrec_task import NextItem

    params = registry.check_params("sasrec", {"factors": 8, "dropout": 0.0})
    task = NextItem(WHOLE, histories(WHOLE, "sasrec"), params, torch.device("cpu"))
    batch = task.batch(torch.arange(40))
    halves = (task.loss(batch.part(0, 10)) * 10 + task.loss(batch.part(10, 40)) * 30) / 40
    assert halves.item() == pytest.approx(task.loss(batch).item(), rel=1e-5)


@pytest.mark.parametrize("law", [0.0, 1.0])
def test_drawn_negatives_are_corrected_for_the_law_they_were_drawn_by(law: float) -> None:
    import torch

    from training.models.sasrec_task import NextItem

    torch.manual_seed(0)
    made, before = [], torch.get_rng_state()
    for negatives, share in ((1024, 0.0), (30, law)):
        torch.set_rng_state(before)  # the same weights
        given = {"factors": 8, "dropout": 0.0, "negatives": negatives, "popularity": share}
        task = NextItem(
            WHOLE,
            histories(WHOLE, "sasrec"),
            registry.check_params("sasrec", given),
            torch.device("cpu"),
        )
        for weight in task.module.parameters():
            torch.nn.init.normal_(weight, std=0.2, generator=torch.Generator().manual_seed(1))
        made.append(task)
    rows = torch.arange(20)
    with torch.no_grad():
        whole = float(made[0].loss(made[0].batch(rows)))
        drawn = [float(made[1].loss(made[1].batch(rows))) for _ in range(60)]
        raw = made[1].batch(rows)
        raw.shared["log_counts"].zero_()
        unmended = float(made[1].loss(raw))
    assert np.mean(drawn) == pytest.approx(whole, rel=0.02)
    assert abs(unmended - whole) > 0.1 * whole  # ln of 30 of 60 items alone is far off


def test_gbce_without_calibration_is_binary_cross_entropy() -> None:
    import torch

    from training.models.sasrec_task import gbce

    right, wrong = torch.tensor([0.3, -1.0]), torch.tensor([[0.5, -2.0], [1.0, 0.0]])
    plain = -torch.log(torch.sigmoid(right)) - torch.log(1 - torch.sigmoid(wrong)).sum(dim=1)
    torch.testing.assert_close(gbce(right, wrong, 101, 0.0), plain)
    # wholly calibrated: the positive weighs as much as the share of items that was drawn
    whole = gbce(right, wrong, 101, 1.0) - gbce(right, wrong, 101, 0.0)
    torch.testing.assert_close(whole, (2 / 100 - 1) * -torch.log(torch.sigmoid(right)))


def test_a_session_of_nobody_is_served_as_it_stands(tmp_path: Path) -> None:
    made = trained()
    extra = {
        "fallback": np.arange(5, dtype=np.int32),
        "fallback_scores": np.ones(5, np.float32),
    }
    store.write(tmp_path / "bundle", made.serving() | extra, made.serving_meta())
    bundle = Bundle.load(tmp_path / "bundle")
    hits = [int((start + 3) % 60 == bundle.scores(None, np.arange(start, start + 3) % 60).argmax())
            for start in range(60)]  # fmt: skip
    assert np.mean(hits) > 0.5
    assert bundle.knows(None, np.array([7])) and not bundle.knows(None, np.array([], int))
    # a known person's newest events are read as well
    known = histories(WHOLE, "sasrec").of(4)
    later = bundle.scores(4, np.append(known, 30))
    assert not np.allclose(later, bundle.scores(4, known))
    np.testing.assert_allclose(bundle.scores(4, known), made.scores(np.array([4]))[0], atol=1e-4)


def test_observe_reads_more_and_learns_nothing() -> None:
    made = fitted("sasrec", WHOLE, **SMALL, epochs=1)
    before = {name: array.copy() for name, array in made.weights_.items()}
    made.observe(redrawn(WHOLE))
    assert all(np.array_equal(before[name], made.weights_[name]) for name in before)


def test_one_seed_gives_one_model_and_progress_ends_at_its_total() -> None:
    steps: list[tuple[int, int, str]] = []
    users = np.arange(30)
    first = fitted("sasrec", WHOLE, **SMALL, epochs=1).scores(users)
    again = registry.load_model("sasrec")(**SMALL, epochs=1)
    again.fit(WHOLE, rng=np.random.default_rng(0), progress=lambda *step: steps.append(step))
    assert np.array_equal(first, again.scores(users))
    assert steps[-1][0] == steps[-1][1] and again.serving_meta()["epochs"] == 1


def test_a_history_of_one_item_each_is_refused() -> None:
    single = WHOLE.train.copy()
    keep = np.zeros(single.nnz)
    keep[single.indptr[:-1]] = 1.0
    from dataclasses import replace

    single.data = keep.astype(np.float32)
    single.eliminate_zeros()
    at = single.copy()
    with pytest.raises(ValueError, match="at least two items"):
        made = registry.load_model("sasrec")()
        made.fit(
            replace(WHOLE, train=single, train_at=at),
            rng=np.random.default_rng(0),
            progress=quiet,
        )
