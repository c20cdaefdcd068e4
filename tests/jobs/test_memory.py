"""An import's limit of memory: its own counts, columns that lie on disk do not."""

import subprocess
import sys

CHILD = """
import numpy as np
from recweb.jobs import memory
from training.workspace import Workspace

memory.hold(500 * 2**20)
column = Workspace().room(150 * 2**20, np.int32)  # 600 MB of addresses, next to no memory
column[-1] = 7
try:
    np.ones(75 * 2**20)  # 600 MB
except MemoryError:
    print("refused", column[-1])
"""


def test_columns_on_disk_are_not_held_against_an_import() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60)
    assert done.stdout == "refused 7\n", done.stderr
