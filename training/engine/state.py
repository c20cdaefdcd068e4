"""A training's whole state as plain arrays and JSON, so that it goes on as if never stopped.

Weights, the optimiser's averages, the generators' states and the best epoch's weights; no pickle.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy import sparse

from training.store import Arrays, Meta

Weights = dict[str, torch.Tensor]


def identity(model: str, params: Mapping[str, Any], log: sparse.csr_matrix) -> Meta:
    """What a checkpoint must agree in to be gone on with: model, parameters and training events."""
    parts = (log.indptr, log.indices, log.data)
    sums = [zlib.crc32(part.tobytes()) for part in parts]
    return {"model": model, "params": dict(params), "log": [*map(int, log.shape), *sums]}


def weights(module: torch.nn.Module) -> Weights:
    """A copy of the weights of now."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def pack(prefix: str, tensors: Mapping[str, torch.Tensor]) -> tuple[Arrays, list[str]]:
    """(arrays "prefix-0", "prefix-1" ..., their names in that order): names may hold dots."""
    names = list(tensors)
    arrays = {
        f"{prefix}-{place}": tensors[name].detach().cpu().numpy()
        for place, name in enumerate(names)
    }
    return arrays, names


def unpack(prefix: str, arrays: Mapping[str, np.ndarray], names: list[str]) -> Weights:
    """What `pack` packed, as copies: the files behind `arrays` may go."""
    return {
        name: torch.from_numpy(np.array(arrays[f"{prefix}-{place}"]))
        for place, name in enumerate(names)
    }


def pack_optimiser(optimiser: torch.optim.Optimizer) -> tuple[Arrays, list[str]]:
    """Averages and step counts; rates and decays belong to the plan."""
    flat = {
        f"{number} {name}": value
        for number, averages in optimiser.state_dict()["state"].items()
        for name, value in averages.items()
    }
    return pack("optimiser", flat)


def unpack_optimiser(
    optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray], names: list[str]
) -> None:
    """Put back what `pack_optimiser` took, into a fresh optimiser of the same module."""
    state: dict[int, Weights] = {}
    for name, value in unpack("optimiser", arrays, names).items():
        number, key = name.split(" ", 1)
        state.setdefault(int(number), {})[key] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
