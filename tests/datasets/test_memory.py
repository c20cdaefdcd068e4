"""An import's memory does not grow with the rows of its file."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from tests import source
from tests.datasets.long_log import planted

FEW, MANY = 150_000, 900_000
ROOM = 24  # MB that two peaks of the same process may differ by: readers and allocators vary


def test_bad_65_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """All steps that see every row: checks, duplicates, order, profile, fingerprint, arrays.

    With little held in memory, six times the rows take no more. By default so few rows are all
    held there: that this takes more shows that growing would be seen.
    """
    for rows in (FEW, MANY):
        planted(tmp_path / f"log-{rows}.csv", rows)
    done = subprocess.run(
        [sys.executable, "-m", "tests.datasets.long_log", str(tmp_path), str(FEW), str(MANY)],
        cwd=source.ROOT,
        env={
            **os.environ,
            "RECWEB_HOME": str(tmp_path),
            "DATABASE_URL": "postgres://nobody@/nothing",  # never connected to
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DJANGO_SETTINGS_MODULE": "recweb.settings",
            "POLARS_MAX_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    few, many, held = map(float, done.stdout.split())
    assert many - few < ROOM, (few, many)
    assert held - many > ROOM, (many, held)
