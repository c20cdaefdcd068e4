"""Two processes by gloo train what one does."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.engine.tiny import PLAN, SPLIT, Tiny, run
from training.engine.ranks import Ranks, ranks
from training.store import curves


def together(folder: Path, batch: int) -> list[dict[str, np.ndarray]]:
    """The weights that each of two processes ends with, told who they are as torchrun tells."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.training.engine.together", str(folder), str(batch)]
    who = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    children = [
        subprocess.Popen(command, env={**os.environ, **who, "RANK": str(rank)}) for rank in range(2)
    ]
    assert [child.wait(timeout=300) for child in children] == [0, 0]
    found = []
    for rank in range(2):
        with np.load(folder / f"rank-{rank}.npz") as saved:
            found.append(dict(saved))
    return found


@pytest.mark.long
def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    """Batches of 501 do not halve evenly, and the last one is shorter."""
    _, alone = run(replace(PLAN, batch=501), dropout=0.0)
    first, second = together(tmp_path, 501)
    # with dropout as well, which draws by the size of each one's share
    assert all(np.array_equal(first[name], second[name]) for name in first)
    for name, value in alone.module.state_dict().items():
        np.testing.assert_allclose(first[f"0.0 {name}"], value, rtol=1e-4, atol=1e-6)
    assert len(curves(tmp_path / "states-0.3")) == 6  # one of them notes


def test_shares_are_the_whole_batch_in_order_and_may_be_empty() -> None:
    batch = Tiny(SPLIT).batch(torch.arange(7))
    parts = [Ranks(rank, 3).share(batch).each["users"] for rank in range(3)]
    assert torch.equal(torch.cat(parts), batch.each["users"])
    single = [len(Ranks(rank, 3).share(batch.part(0, 1))) for rank in range(3)]
    assert sorted(single) == [0, 0, 1]


def test_without_torchrun_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert ranks(torch.device("cpu")) == Ranks(0, 1)
