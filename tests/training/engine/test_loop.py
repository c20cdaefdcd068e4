from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.engine.tiny import PLAN, SPLIT, Tiny, bits, run, without_validation
from training.engine.diverged import REASONS, Diverged
from training.engine.judge import Judge
from training.engine.task import Batch
from training.store import Checkpoint, curves


def test_one_seed_gives_the_same_bits_and_another_gives_others() -> None:
    assert bits(run()[1]) == bits(run()[1])
    assert bits(run()[1]) != bits(run(seed=1)[1])


def test_the_callers_torch_is_left_as_it_was() -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    run()
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("parts", [2, 3, 60])
def test_accumulated_parts_make_the_step_of_the_whole_batch(parts: int) -> None:
    _, whole = run(dropout=0.0)
    _, made = run(replace(PLAN, accumulate=parts), dropout=0.0)
    for one, other in zip(whole.module.parameters(), made.module.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_accumulated_gradients_are_those_of_the_whole_batch() -> None:
    """The last batch is short: its parts are uneven, and weigh by their length."""
    task = Tiny(SPLIT, dropout=0.0)
    batch = task.batch(torch.arange(101))
    task.loss(batch).backward()
    whole = [value.grad.clone() for value in task.module.parameters() if value.grad is not None]
    task.module.zero_grad()
    for start in range(0, 101, 40):
        part = batch.part(start, start + 40)
        (task.loss(part) * len(part) / 101).backward()
    for one, value in zip(whole, task.module.parameters(), strict=True):
        torch.testing.assert_close(value.grad, one, rtol=1e-5, atol=1e-8)


def test_the_best_epoch_of_validation_is_restored(tmp_path: Path) -> None:
    plan = replace(PLAN, epochs=None, most=40, patience=4, learning_rate=0.1)
    trained, made = run(plan, folder=tmp_path)
    rows = curves(tmp_path)
    values = [row["ndcg@10"] for row in rows]
    assert trained.epochs == 1 + int(np.argmax(values)) == len(rows) - 4
    assert trained.run == len(rows) < 40  # four epochs without a better one, and it ended
    made.module.eval()
    with torch.no_grad():
        assert Judge(SPLIT)(made.scorer()) == trained.value == max(values)


def test_without_validation_the_usual_number_of_epochs_is_trained(tmp_path: Path) -> None:
    plan = replace(PLAN, epochs=None, usual=3)
    trained, _ = run(plan, split=without_validation(), folder=tmp_path)
    assert (trained.epochs, trained.value, trained.run) == (3, None, 3)
    assert all(set(row) == {"epoch", "loss", "seconds"} for row in curves(tmp_path))


def test_a_given_number_of_epochs_is_trained_to_its_end(tmp_path: Path) -> None:
    trained, _ = run(folder=tmp_path)
    rows = curves(tmp_path)
    assert (trained.epochs, len(rows)) == (6, 6)
    assert trained.value == rows[-1]["ndcg@10"]
    losses = [row["loss"] for row in rows]
    assert losses == sorted(losses, reverse=True)


def test_the_refit_trains_what_the_best_epoch_was_and_is_deterministic() -> None:
    found, _ = run(replace(PLAN, epochs=None, most=30, patience=3))
    refit = replace(PLAN, epochs=found.epochs)
    trained, one = run(refit, split=without_validation())
    assert trained.epochs == found.epochs
    assert bits(one) == bits(run(refit, split=without_validation())[1])


def test_progress_rises_to_its_total_and_is_told_within_long_epochs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.engine.loop.LOOK", 0.0)
    calls: list[tuple[int, int, str]] = []
    run(progress=lambda *step: calls.append(step))
    done = [call[0] for call in calls]
    assert done == sorted(done) and len(done) > 6 * 3
    assert calls[-1][0] == calls[-1][1] == 6000
    assert {call[2] for call in calls} == {"epoch"}


def test_flt_19_a_loss_that_is_no_number_stops_with_what_to_change(tmp_path: Path) -> None:
    class Breaks(Tiny):
        steps = 0

        def loss(self, batch: Batch) -> Tensor:
            self.steps += 1
            return super().loss(batch) * (float("inf") if self.steps == 13 else 1.0)

    with pytest.raises(
        Diverged, match=r"epoch 3, step 1: the loss became inf.*rate 0\.02"
    ) as error:
        run(folder=tmp_path, task=Breaks)
    assert error.value.details["last"] not in ("-", "inf")
    assert "0.002" in str(error.value)
    loaded = Checkpoint(tmp_path).load()  # the last finite one is kept
    assert loaded is not None and loaded[0] == 2
    assert all(np.isfinite(array).all() for array in loaded[1].values())


def test_flt_19_a_learning_rate_beyond_reason_ends_in_words_not_in_a_model(tmp_path: Path) -> None:
    with pytest.raises(Diverged) as error:
        run(replace(PLAN, learning_rate=1e30), folder=tmp_path)
    assert Checkpoint(tmp_path).load() is None
    english, chinese = REASONS[error.value.code]
    assert str(error.value) == english.format(**error.value.details)
    assert "1e+29" in chinese.format(**error.value.details)


def test_flt_19_weights_spoilt_by_an_epochs_last_step_are_never_kept(tmp_path: Path) -> None:
    class Spoils(Tiny):
        def scorer(self):  # noqa: ANN202
            raise AssertionError("spoilt weights were scored")

        def loss(self, batch: Batch) -> Tensor:
            found = super().loss(batch)
            with torch.no_grad():
                self.users.weight[0] = float("nan")
            return found.detach() + 0.0 * self.items.weight.sum()

    with pytest.raises(Diverged, match="weights of the model"):
        run(replace(PLAN, batch=10**6), folder=tmp_path, task=Spoils)
    assert Checkpoint(tmp_path).load() is None


def test_bfloat16_keeps_float32_weights_and_ranks_as_float32_does() -> None:
    whole = [run(replace(PLAN, precision=kind), dropout=0.0)[1] for kind in ("float32", "bfloat16")]
    assert all(value.dtype == torch.float32 for value in whole[1].module.parameters())
    users = np.arange(SPLIT.n_users)
    with torch.no_grad():
        lists = [np.argsort(-made.scorer()(users), axis=1)[:, :10] for made in whole]
    shared = [len(set(one) & set(other)) / 10 for one, other in zip(*lists, strict=True)]
    assert bits(whole[0]) != bits(whole[1])  # it was computed otherwise
    assert np.mean(shared) >= 0.98


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_decay_shrinks_weights(decay: float) -> None:
    made = [run(replace(PLAN, decay=one))[1].module for one in (0.0, decay)]
    sizes = [sum(float(value.detach().norm()) for value in one.parameters()) for one in made]
    assert (sizes[1] < sizes[0]) == (decay > 0)
