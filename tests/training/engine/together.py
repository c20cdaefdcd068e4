"""A training in one of several processes; the first one writes the weights it ends with."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import distributed

from tests.training.engine.tiny import PLAN, run

if __name__ == "__main__":
    folder, plan = Path(sys.argv[1]), replace(PLAN, batch=int(sys.argv[2]))
    found = {}
    for dropout in (0.0, 0.3):
        _, made = run(plan, folder=folder / f"states-{dropout}", dropout=dropout)
        for name, value in made.module.state_dict().items():
            found[f"{dropout} {name}"] = value.numpy()
    np.savez(folder / f"rank-{os.environ['RANK']}.npz", **found)  # type: ignore[arg-type]
    distributed.destroy_process_group()
