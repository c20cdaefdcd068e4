"""FLT-01, FLT-20, FLT-27: what was interrupted goes on as if it never had been."""

import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.training.engine.tiny import PLAN, SPLIT, bits, run
from tests.training.models.planted import planted
from training.store import Checkpoint, curves

FINDING = replace(PLAN, epochs=None, most=12, patience=3)


class Stopped(BaseException):
    """What the worker raises through progress when it is told to end."""


@cache
def unbroken() -> list[bytes]:
    return bits(run()[1])


def epochs_run(folder: Path, **more: object) -> list[int]:
    """Which epochs a further run on this folder trains."""
    seen: list[int] = []
    before = {path.name for path in folder.glob("epoch-*")}

    def watch(done: int, total: int, step: str) -> None:
        names = {path.name for path in folder.glob("epoch-*")}
        new = names - before
        seen.extend(int(name[6:]) for name in new if int(name[6:]) not in seen)

    run(folder=folder, progress=watch, **more)  # type: ignore[arg-type]
    return seen


def stop_after(epoch: int, folder: Path, **more: object) -> None:
    def progress(done: int, total: int, step: str) -> None:
        if done == epoch * 1000:
            raise Stopped

    with pytest.raises(Stopped):
        run(folder=folder, progress=progress, **more)  # type: ignore[arg-type]


@pytest.mark.fault
def test_flt_01_a_killed_training_loses_its_epoch_alone_and_ends_in_the_same_bits(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.training.engine.killed", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.glob("epoch-*"))[-1] == "epoch-000004"
    assert [row["epoch"] for row in curves(tmp_path)] == [1, 2, 3, 4]
    _, resumed = run(folder=tmp_path)
    assert bits(resumed) == unbroken()
    assert [row["epoch"] for row in curves(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_flt_27_a_training_told_to_stop_goes_on_behind_its_last_epoch(tmp_path: Path) -> None:
    stop_after(3, tmp_path)
    assert epochs_run(tmp_path) == [4, 5, 6]
    assert bits(run(folder=tmp_path)[1]) == unbroken()


@pytest.mark.parametrize("epoch", [1, 4, 7])
def test_early_stopping_resumes_with_its_best_epoch(tmp_path: Path, epoch: int) -> None:
    whole, made = run(FINDING)
    stop_after(epoch, tmp_path, plan=FINDING)
    again, resumed = run(FINDING, folder=tmp_path)
    assert (again, bits(resumed)) == (whole, bits(made))


def test_flt_20_a_damaged_checkpoint_costs_one_more_epoch_and_no_bit(tmp_path: Path) -> None:
    stop_after(4, tmp_path)
    file = tmp_path / "epoch-000004" / "model-0.npy"
    whole = bytearray(file.read_bytes())
    whole[200] ^= 1
    file.write_bytes(whole)
    assert bits(run(folder=tmp_path)[1]) == unbroken()


def test_flt_20_when_none_is_sound_it_starts_over(tmp_path: Path) -> None:
    stop_after(4, tmp_path)
    for manifest in tmp_path.glob("epoch-*/manifest.json"):
        manifest.unlink()
    assert bits(run(folder=tmp_path)[1]) == unbroken()
    assert len(curves(tmp_path)) == 6


def test_a_finished_training_is_not_trained_again(tmp_path: Path) -> None:
    for plan in (PLAN, FINDING):
        place = tmp_path / str(plan.epochs)
        first, made = run(plan, folder=place)
        newest = Checkpoint(place).load()
        again, same = run(plan, folder=place)
        assert (again, bits(same)) == (first, bits(made))
        assert Checkpoint(place).load()[0] == newest[0]  # type: ignore[index]


def test_checkpoint_and_curve_of_another_training_are_dropped(tmp_path: Path) -> None:
    run(replace(PLAN, epochs=9), folder=tmp_path, split=planted(seed=1, n_items=60))
    assert bits(run(folder=tmp_path, split=SPLIT)[1]) == unbroken()
    assert len(curves(tmp_path)) == 6
