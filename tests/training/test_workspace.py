"""Columns on disk and in many buckets say what they say in memory and in one."""

import errno
import io
import os
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import store, workspace
from training.clean import Interactions, clean
from training.clean.columns import Columns
from training.clean.duplicates import drop, find
from training.workspace import Workspace, release

RNG = np.random.default_rng(0)
ROW = st.tuples(*[st.integers(0, 2)] * 4)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything above four rows lies on disk, and above sixteen goes into buckets."""
    shrink(monkeypatch)


def shrink(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    for name, rows in {"SLICE": 7, "HELD": 4, "PART": 16, "SAMPLE": 50}.items():
        monkeypatch.setattr(workspace, name, rows * times)


def on_disk(column: np.ndarray | None) -> bool:
    return workspace.below(column) is not None


def test_bad_65_a_long_column_lies_on_disk_under_no_name(small: None, tmp_path: Path) -> None:
    space = Workspace(str(tmp_path))
    short, long = space.room(4, np.int64), space.room(5_000, np.int64)
    assert (on_disk(short), on_disk(long)) == (False, True)
    long[:] = np.arange(5_000)
    release(long)
    assert long.tolist() == list(range(5_000))  # given back, not lost
    assert not [*tmp_path.iterdir()]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=120), st.integers(0, 120))
def test_bad_65_many_buckets_find_what_one_finds(rows: list[tuple[int, ...]], since: int) -> None:
    users, items, events, at = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    columns = {
        "users": users.astype(np.int32),
        "items": items.astype(np.int32) - 1,
        "events": events.astype(np.int16),
        "at": at,
    }
    whole = find(columns, Workspace(), since)
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        parts = find(columns, Workspace(), since)
    last = {row: line for line, row in enumerate(rows)}
    seen: set[tuple[int, ...]] = set()
    late = 0
    for line, row in enumerate(rows):
        late += line >= since and row in seen
        seen.add(row)
    expected = [line == last[row] for line, row in enumerate(rows)]
    assert whole.kept.tolist() == parts.kept.tolist() == expected
    assert whole.late == parts.late == late


def test_bad_65_a_line_that_stands_there_all_over_is_never_in_memory_all_over(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {name: np.ones(2_000, np.int32) for name in ("users", "items", "events", "at")}
    sizes: list[int] = []
    lexsort = np.lexsort
    monkeypatch.setattr(np, "lexsort", lambda keys: sizes.append(len(keys[0])) or lexsort(keys))
    kept = drop(columns)
    assert kept is not None
    assert np.flatnonzero(kept).tolist() == [1_999]
    assert max(sizes) <= -(-2_000 // workspace.SLICE)  # a row a slice


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
@pytest.mark.parametrize("different", [1, 40, 10**9])
def test_tallies_of_many_buckets_are_those_of_all(small: None, dtype: type, different: int) -> None:
    keys = RNG.integers(0, different, 3_000).astype(dtype)
    found = dict[int, int]()
    for seen, counts in Workspace().tallied(len(keys), lambda each: keys[each], keys):
        assert not found.keys() & set(seen.tolist())  # no key is in two buckets
        found |= dict(zip(seen.tolist(), counts.tolist(), strict=True))
    expected = np.unique(keys, return_counts=True)
    assert found == dict(zip(*(column.tolist() for column in expected), strict=True))


@pytest.mark.parametrize(
    "at",
    [
        RNG.integers(1_300_000_000, 1_331_000_000, 2_000),
        RNG.integers(0, 7, 2_000),  # nearly all are ties
        np.where(RNG.random(2_000) < 0.9, 5, RNG.integers(0, 1_000, 2_000)),
        np.full(500, 7),
        np.arange(500)[::-1],
        np.array([3]),
        np.array([], dtype=np.int64),
    ],
)
@pytest.mark.parametrize("part", [16, 1_999, 2_000_000])
def test_the_order_is_that_of_a_stable_sort(
    small: None, monkeypatch: pytest.MonkeyPatch, at: np.ndarray, part: int
) -> None:
    monkeypatch.setattr(workspace, "PART", part)
    found, lines = at.copy(), np.arange(len(at))
    Workspace().by_time(found, lines)
    order = np.argsort(at, kind="stable")
    assert np.array_equal(lines, order)
    assert np.array_equal(found, at[order])


def test_rows_are_packed_taken_and_counted_slice_by_slice(small: None) -> None:
    codes, kept = RNG.integers(-1, 9, 300), RNG.random(300) < 0.5
    space, places = Workspace(), np.flatnonzero(kept)
    assert space.take(codes, places).tolist() == codes[kept].tolist()
    assert space.counts(codes, 9).tolist() == [int((codes == code).sum()) for code in range(9)]
    expected = codes[kept].tolist()
    assert space.pack({"codes": codes}, kept)["codes"].tolist() == expected
    assert space.ends(np.array([np.nan, 3, np.nan, -2.5])) == (-2.5, 3)
    assert space.ends(np.array([np.nan])) is None


def test_the_file_of_a_long_column_is_the_one_that_numpy_writes(
    small: None, tmp_path: Path
) -> None:
    column = Workspace().room(1_000, np.int64)
    column[:] = RNG.integers(0, 99, 1_000)
    store.write(tmp_path / "log", {"at": column[:900]}, {})
    out = io.BytesIO()
    np.save(out, column[:900])
    assert (tmp_path / "log" / "at.npy").read_bytes() == out.getvalue()


def test_columns_move_to_the_disk_as_they_grow(small: None, tmp_path: Path) -> None:
    columns = Columns({"users": np.int32}, 100, None, str(tmp_path))
    given = [RNG.integers(0, 99, n).astype(np.int32) for n in (3, 1, 20, 0, 40)]
    for part in given:
        columns.add({"users": part})
    with pytest.raises(IndexError):
        columns.add({"users": np.zeros(37, np.int32)})
    taken = columns.take()["users"]
    assert on_disk(taken)
    assert taken.tolist() == np.concatenate(given).tolist()


def test_a_stop_between_two_slices_passes_through(small: None) -> None:
    class Stop(BaseException):
        pass

    left = iter(range(30))

    def pause() -> None:
        if next(left, None) is None:
            raise Stop

    columns = {name: RNG.integers(0, 9, 500) for name in ("users", "items", "events", "at")}
    with pytest.raises(Stop):
        drop(columns, Workspace(None, pause))


@pytest.mark.parametrize("seed", [1, 2])
def test_bad_65_a_dirty_file_in_many_buckets_gives_the_same_account(
    tmp_path: Path, seed: int
) -> None:
    path = dirty(tmp_path / "log.csv", np.random.default_rng(seed))
    whole = clean(path, "interactions")
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch, 40)
        parts = clean(path, "interactions")
    assert parts.report == whole.report
    report = whole.report
    assert report.rows_in == report.accepted + report.duplicates + report.quarantined
    assert min(report.accepted, report.duplicates, report.quarantined) > 100
    assert any(note.code == "bots" for note in report.notes)
    assert on_disk(parts.at)
    same(whole, parts)


def same(one: Interactions, two: Interactions) -> None:
    assert (one.user_ids, one.item_ids) == (two.user_ids, two.item_ids)
    assert one.event_names == two.event_names
    for name in ("users", "items", "events", "values", "at", "lines"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=name == "values")
    assert one.extras is not None
    assert two.extras is not None
    texts = [pl_rows(each) for each in (one, two)]
    assert texts[0] == texts[1]
    assert len(texts[0]) == one.report.accepted
    one.extras.close()
    two.extras.close()


def pl_rows(found: Interactions) -> list[tuple[object, ...]]:
    assert found.extras is not None
    return [row for part in found.extras.parts(500) for row in part.rows()]


def dirty(path: Path, rng: np.random.Generator) -> Path:
    """Repeated rows, broken rows, a bot, ids that only bad rows name, sittings."""
    lines = ["user_id,item_id,event,value,timestamp,session_id"]
    for _ in range(6_000):
        kind = rng.random()
        user, item = rng.integers(0, 40), rng.integers(0, 12)
        at = 1_600_000_000 + rng.integers(0, 30) * 3_000
        event, value = ("view", "buy", "search")[rng.integers(3)], rng.integers(1, 4)
        if kind < 0.03:
            at = "no time"
        elif kind < 0.05:
            item = "" if event != "search" else "\x07"
        elif kind < 0.07:
            user = f"only-here-{rng.integers(9)}\x01"
        elif kind < 0.3:
            user, at = "bot", 1_600_000_000 + rng.integers(0, 4_000)
        lines.append(f"{user},{item},{event},{value},{at},s{rng.integers(99)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_a_process_may_not_address_is_a_lack_of_memory(
    small: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Jobs say that in words, and the limit; a full disk, too, is told before anything is lost."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**39, limits[1]))
    try:
        with pytest.raises(MemoryError):  # a terabyte: it is asked for before any disk is
            Workspace().room(2**37, np.int64)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space"):
        Workspace(str(tmp_path)).room(100, np.int64)
    assert not [*tmp_path.iterdir()]
