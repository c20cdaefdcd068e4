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


UNDER = """
import os, resource
from recweb.jobs import memory

resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
resource.setrlimit(resource.RLIMIT_DATA, (2**32, 2**32))
if os.geteuid() == 0:
    os.setuid(65534)  # root may raise any limit, whoever runs a worker may not
memory.hold(2**32 + 1)
print(resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_DATA))
"""


def test_a_limit_that_the_machine_has_set_before_stays() -> None:
    done = subprocess.run([sys.executable, "-c", UNDER], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{(2**33, 2**33)} {(2**32, 2**32)}\n", done.stderr
