"""Where a training runs and what it draws from: device, threads and seed, set and given back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def best_device(*, sparse: bool = False) -> torch.device:
    """cuda, else mps, else cpu: what this machine has, found when asked.

    sparse: CSR products are needed, which mps has none of.
    """
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    if torch.backends.mps.is_available() and not sparse:
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def session(rng: np.random.Generator, device: torch.device | None = None) -> Iterator[torch.device]:
    """The device to train on; within the block torch draws from a seed that `rng` gives.

    On the processor one thread works: more add the same numbers in another order, and a run
    would differ in its last bits from one machine to the next. The state of torch before the
    block (generators, threads, determinism) is there again after it.
    """
    place = device or best_device()
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    only_warned = torch.is_deterministic_algorithms_warn_only_enabled()
    accelerators = [] if place.type == "cpu" else [place.index or 0]
    with torch.random.fork_rng(devices=accelerators, device_type=_forked(place)):
        torch.manual_seed(int(rng.integers(2**63 - 1)))
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield place
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict, warn_only=only_warned)


def drawn(device: torch.device) -> dict[str, torch.Tensor]:
    """The generators' states: what the next dropout and the next permutation come from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states[device.type] = torch.get_device_module(device).get_rng_state()
    return states


def draw_on(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put back what `drawn` gave."""
    torch.set_rng_state(states["cpu"])
    if device.type != "cpu":
        torch.get_device_module(device).set_rng_state(states[device.type])


def _forked(place: torch.device) -> str:
    return "cuda" if place.type == "cpu" else place.type  # no device of it is listed then
