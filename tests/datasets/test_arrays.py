"""Parts become one log: on disk and in many buckets as in memory."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recweb.datasets import arrays, profile
from recweb.datasets.arrays import Rows
from recweb.datasets.patience import AT_WORK
from recweb.jobs.models import Job
from recweb.jobs.run import Run, Stopped
from training import workspace

DAY = 86_400


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, rows in {"SLICE": 300, "HELD": 100, "PART": 700, "SAMPLE": 400}.items():
        monkeypatch.setattr(workspace, name, rows)


def part(seed: int, n: int, *, timed: bool = True) -> Rows:
    """Unlike events of few users, items and seconds, in no order; searches; values without."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.arange(30 * 21 * 2 * 9))[:n]
    users, items = rows % 30, rows // 30 % 21 - 1
    at = 1_600_000_000 + rows // (30 * 21 * 2) * (DAY // 3)
    values = np.where(rng.random(n) < 0.2, np.nan, rng.integers(1, 60, n) / 2)
    return Rows(
        users.astype(np.int32),
        items.astype(np.int32),
        (rows // (30 * 21) % 2).astype(np.int16),
        values.astype(np.float32),
        at if timed else None,
    )


def one_by_one(parts: list[Rows], *, timed: bool) -> tuple[list[tuple[float, ...]], int]:
    """What resolve says, by a dictionary; and how many rows of the last part were there before."""
    last: dict[tuple[int, ...], tuple[int, tuple[float, ...]]] = {}
    place = again = 0
    for number, rows in enumerate(parts):
        columns = [*rows.columns.values()][: 5 if timed else 4]
        for row in zip(*(column.tolist() for column in columns), strict=True):
            key = row[:3] + row[4:]  # all but the value
            again += key in last and number == len(parts) - 1
            last[key] = (place, row)
            place += 1
    kept = [row for _, row in sorted(last.values())]
    return sorted(kept, key=lambda row: row[4]) if timed else kept, again


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("sizes", [(4_000, 2_500, 3_000), (3_000,), (40, 900), (2_000, 0)])
def test_bad_65_parts_in_many_buckets_become_the_log_that_they_are(
    small: None, sizes: tuple[int, ...], timed: bool
) -> None:
    def parts() -> list[Rows]:
        return [part(seed, n, timed=timed or seed == 0) for seed, n in enumerate(sizes)]

    whole = timed or len(sizes) == 1 or not sizes[-1]
    expected, again = one_by_one([rows for rows in parts() if len(rows)], timed=whole)
    found = arrays.resolve(parts())
    assert np.array_equal(list(zip(*found.rows.columns.values(), strict=True)), expected,
                          equal_nan=True)  # fmt: skip
    assert found.dropped == sum(sizes) - len(expected)
    assert found.overlap == (again if all(sizes) and len(sizes) > 1 else 0)


def test_bad_65_the_profile_of_a_log_on_disk_is_that_of_one_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = part(0, 9_000)
    bot = np.arange(1_200)
    rows = replace(
        rows,
        users=np.append(rows.users, np.full(1_200, 7, np.int32)),
        items=np.append(rows.items, (bot % 20).astype(np.int32)),
        events=np.append(rows.events, np.zeros(1_200, np.int16)),
        values=np.append(rows.values, np.ones(1_200, np.float32)),
        at=np.append(rows.at, 1_600_000_000 + bot),  # type: ignore[arg-type]
    )
    steps = (profile._pairs, profile._ties, profile.bots, profile._values, profile._time)
    whole = [step(rows) for step in steps]
    shrink(monkeypatch)
    assert [step(rows) for step in steps] == whole
    seen = set(zip(rows.users.tolist(), rows.items.tolist(), strict=True))
    assert whole[0] == len({pair for pair in seen if pair[1] >= 0})
    moments = list(zip(rows.users.tolist(), rows.at.tolist(), strict=True))  # type: ignore[union-attr]
    counts = Counter(moments)
    assert whole[1] == sum(n for n in counts.values() if n > 1) / len(rows)
    assert whole[2][0][0] == 7  # type: ignore[index]


def test_a_cancel_ends_the_work_between_two_stretches(small: None) -> None:
    asked = iter([""] * 20 + ["cancel"])  # it comes while the buckets are filled
    mark = AT_WORK.set(Run(Job(pk=1, kind="import", params={}, owner_id=1), lambda: next(asked)))
    try:
        with pytest.raises(Stopped):
            arrays.resolve([part(0, 9_000)])
    finally:
        AT_WORK.reset(mark)
    assert next(asked, "all asked") == "all asked"
