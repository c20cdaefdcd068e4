"""When a training has learnt enough: its best epoch so far, and how long nothing came after it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Best:
    """The best judged epoch; 0 before the first."""

    patience: int
    epoch: int = 0
    value: float = -1.0  # NDCG is never below 0

    def judged(self, epoch: int, value: float) -> bool:
        """Whether this epoch is better than all before; an equal one is not."""
        if value <= self.value:
            return False
        self.epoch, self.value = epoch, value
        return True

    def over(self, epoch: int) -> bool:
        """Whether `patience` epochs have passed since the best one."""
        return self.epoch > 0 and epoch - self.epoch >= self.patience
