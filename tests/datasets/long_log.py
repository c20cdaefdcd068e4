"""A log of as many rows as asked for goes through every step of an import that sees all rows, in
this process and without a database; the peak of its memory in MB is printed, a line a log.

    python -m tests.datasets.long_log FOLDER ROWS ...     with little held in memory; the last log
                                                          once more with as much as by default
"""

import os
import sys
from pathlib import Path

import numpy as np

SMALL = {"SLICE": 2**15, "HELD": 2**14, "PART": 2**16}


def planted(path: Path, rows: int) -> Path:
    """200 users, 90 items, times in no order; each thousandth row twice."""
    rng = np.random.default_rng(0)
    n = rng.permutation(rows)
    n[::1000] = n[1::1000][: len(n[::1000])]
    lines = [f"u{k % 200},i{k * 7919 % 90},{k % 5},{1_400_000_000 + k * 37}\n" for k in n.tolist()]
    path.write_text("user_id,item_id,rating,timestamp\n" + "".join(lines))
    return path


def steps(path: Path, folder: Path) -> int:
    """Rows of the version."""
    from recweb.datasets import arrays, exclusion, fingerprint, profile, saved
    from recweb.datasets.catalogue import Facts
    from training.clean import clean

    found = clean(path, "interactions")
    report, n = found.report, len(found.item_ids)
    assert report.rows_in == report.accepted + report.duplicates + report.quarantined
    assert report.duplicates
    rows = arrays.Rows(found.users, found.items, found.events, found.values, found.at)
    user_ids, item_ids, names = found.user_ids, found.item_ids, found.event_names
    none = ("",) * n
    listed = np.zeros(n, dtype=bool)
    facts = Facts(item_ids, none, ((),) * n, np.zeros(n, np.float32), none, ({},) * n, listed)
    del found
    rows = exclusion.without(arrays.resolve([rows]).rows, [{"user": 3, "why": "bots"}])
    profile.figures(rows, names, facts, len(user_ids), profile.bots(rows))
    fingerprint.of_log(rows, user_ids, item_ids, names)
    saved.save(folder, rows, names, len(user_ids), facts)
    return len(rows)


def peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(folder: Path, sizes: list[int]) -> None:
    import django

    django.setup()
    from training import workspace

    usual = {name: getattr(workspace, name) for name in SMALL}
    runs = [(SMALL, size) for size in sizes] + [(usual, sizes[-1])]
    for limits, size in runs:
        for name, rows in limits.items():
            setattr(workspace, name, rows)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        steps(folder / f"log-{size}.csv", folder / "version")
        sys.stdout.write(f"{peak():.1f}\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recweb.settings")
    main(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]])
