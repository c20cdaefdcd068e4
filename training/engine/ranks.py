"""Several processes that train as one: each takes its share of every batch, gradients are summed.

Started by `torchrun --nproc-per-node N`, which says by its environment who is who; by anything else
there is one process and nothing here does anything. All draw the same examples and negatives from
the same seed, so the sum of the shares is the gradient of the whole batch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import distributed

from training.engine.task import Batch


@dataclass(frozen=True)
class Ranks:
    """rank: which of `size` processes this one is; 0 writes checkpoints and reports."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process speaks for all."""
        return self.rank == 0

    def share(self, batch: Batch) -> Batch:
        """What this process computes of the batch; empty when there are too few examples."""
        start, stop = (len(batch) * place // self.size for place in (self.rank, self.rank + 1))
        return batch.part(start, stop)

    def add_up(self, module: torch.nn.Module, value: float) -> float:
        """Sum every gradient over the processes, in place, and the value, which comes back."""
        if self.size == 1:
            return value
        for parameter in module.parameters():
            if parameter.requires_grad:
                if parameter.grad is None:  # no example of this share touched it
                    parameter.grad = torch.zeros_like(parameter)
                distributed.all_reduce(parameter.grad)
        total = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(total)
        # dropout draws by the size of a share: the next batch is drawn from one state again
        state = torch.get_rng_state()
        distributed.broadcast(state, src=0)
        torch.set_rng_state(state)
        return float(total)

    def meet(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            distributed.barrier()


def ranks(device: torch.device) -> Ranks:
    """Who this process is among those that torchrun started (gloo, on graphics cards nccl)."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or "MASTER_ADDR" not in os.environ:
        return Ranks()
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Ranks(distributed.get_rank(), distributed.get_world_size())
