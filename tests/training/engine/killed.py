"""A training that says when it is in the midst of an epoch and then waits to be killed."""

import sys
from pathlib import Path

from torch import Tensor

from tests.training.engine.tiny import Tiny, run
from training.engine.task import Batch

STEPS = 4 * 6 + 2  # the second step of the fifth epoch, at six steps an epoch


class Waits(Tiny):
    step = 0

    def batch(self, rows: Tensor) -> Batch:
        self.step += 1
        if self.step == STEPS:
            sys.stdout.write("here\n")
            sys.stdout.flush()
            sys.stdin.read()
        return super().batch(rows)


if __name__ == "__main__":
    run(folder=Path(sys.argv[1]), task=Waits)
