from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import store

ARRAYS = {
    "factors": np.arange(12, dtype=np.float32).reshape(3, 4),
    "empty": np.zeros((0, 5), dtype=np.int32),
    "flags": np.array([True, False]),
}
META = {"form": "factors", "seed": 7, "names": ["一", "two"], "rng": 2**100, "loss": [0.5, None]}


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    digest = store.write(tmp_path / "bundle", ARRAYS, META)
    arrays, meta = store.read(tmp_path / "bundle", expected=digest)
    assert meta == META
    assert list(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    assert isinstance(arrays["factors"], np.memmap)


def test_the_same_content_has_the_same_digest(tmp_path: Path) -> None:
    one = store.write(tmp_path / "one", ARRAYS, META)
    two = store.write(tmp_path / "two", dict(reversed(ARRAYS.items())), META)
    assert one == two
    assert one != store.write(tmp_path / "three", ARRAYS, {**META, "seed": 8})


def test_a_second_write_replaces_the_first_and_leaves_nothing_else(tmp_path: Path) -> None:
    store.write(tmp_path / "bundle", ARRAYS, {"n": 1})
    store.write(tmp_path / "bundle", {"only": np.ones(1)}, {"n": 2})
    arrays, meta = store.read(tmp_path / "bundle")
    assert (list(arrays), meta) == (["only"], {"n": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_write_that_fails_leaves_the_old_one_and_no_scraps(tmp_path: Path) -> None:
    store.write(tmp_path / "bundle", ARRAYS, {"n": 1})
    with pytest.raises(TypeError):
        store.write(tmp_path / "bundle", ARRAYS, {"n": object()})
    assert store.read(tmp_path / "bundle")[1] == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["", "../out", "a/b", ".hidden", "a b"])
def test_array_names_never_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="array name"):
        store.write(tmp_path / "bundle", {name: np.ones(1)}, {})


def test_objects_are_never_stored_nor_read(tmp_path: Path) -> None:
    objects = np.array([{}], dtype=object)
    with pytest.raises(ValueError, match="objects"):
        store.write(tmp_path / "bundle", {"a": objects}, {})
    store.write(tmp_path / "bundle", {"a": np.ones(1)}, {})
    np.save(tmp_path / "bundle" / "a.npy", objects, allow_pickle=True)
    with pytest.raises(store.Corrupt):
        store.read(tmp_path / "bundle", verify=False)


def test_flt_20_every_flipped_byte_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    store.write(folder, ARRAYS, META)
    rng = np.random.default_rng(0)
    files = sorted(folder.iterdir())
    sizes = np.array([path.stat().st_size for path in files])
    for spot in rng.choice(sizes.sum(), size=200, replace=False).tolist():
        place = int(np.searchsorted(np.cumsum(sizes), spot, side="right"))
        path, offset = files[place], spot - int(sizes[:place].sum())
        whole = path.read_bytes()
        bit = 1 << int(rng.integers(8))
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ bit]) + whole[offset + 1 :])
        with pytest.raises(store.Corrupt) as caught:
            store.read(folder)
        assert caught.value.file == path.name
        path.write_bytes(whole)
    store.read(folder)


@pytest.mark.parametrize("file", ["manifest.json", "factors.npy"])
@pytest.mark.parametrize("size", [None, 0, 20])
def test_flt_20_missing_empty_and_short_files_are_found(
    tmp_path: Path, file: str, size: int | None
) -> None:
    store.write(tmp_path / "bundle", ARRAYS, META)
    path = tmp_path / "bundle" / file
    if size is None:
        path.unlink()
    else:
        os.truncate(path, size)
    with pytest.raises(store.Corrupt) as caught:
        store.read(tmp_path / "bundle")
    assert caught.value.file == file


def test_another_sound_manifest_is_not_the_expected_one(tmp_path: Path) -> None:
    digest = store.write(tmp_path / "one", ARRAYS, {"n": 1})
    store.write(tmp_path / "one", ARRAYS, {"n": 2})
    with pytest.raises(store.Corrupt, match="not the one"):
        store.read(tmp_path / "one", expected=digest)


def test_the_newest_checkpoint_is_loaded_and_old_ones_go(tmp_path: Path) -> None:
    states = store.Checkpoint(tmp_path)
    assert states.load() is None
    for epoch in (1, 2, 10):
        states.save(epoch, {"w": np.full(3, epoch)}, {"rng": {"state": epoch}})
    loaded = states.load()
    assert loaded is not None
    epoch, arrays, meta = loaded
    assert (epoch, arrays["w"].tolist(), meta) == (10, [10, 10, 10], {"rng": {"state": 10}})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-000002", "epoch-000010"]


def test_flt_20_a_damaged_checkpoint_falls_back_and_is_named(tmp_path: Path) -> None:
    states = store.Checkpoint(tmp_path)
    for epoch in (1, 2):
        states.save(epoch, {"w": np.full(3, epoch)}, {})
    os.truncate(tmp_path / "epoch-000002" / "w.npy", 100)
    loaded = states.load()
    assert loaded is not None
    assert loaded[0] == 1
    assert len(states.skipped) == 1
    assert states.skipped[0].startswith("epoch-000002: w.npy")
    os.truncate(tmp_path / "epoch-000001" / "manifest.json", 0)
    assert states.load() is None
    assert len(states.skipped) == 2


def test_a_killed_writer_leaves_no_checkpoint_and_its_scraps_are_swept(tmp_path: Path) -> None:
    scrap = tmp_path / ".epoch-000003.tmp-abc"
    scrap.mkdir()
    states = store.Checkpoint(tmp_path)
    assert states.load() is None
    states.save(4, {"w": np.ones(1)}, {})
    assert not scrap.exists()


def test_a_generator_goes_on_where_it_stopped(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rng.random(17)
    store.Checkpoint(tmp_path).save(1, {}, {"rng": rng.bit_generator.state})
    loaded = store.Checkpoint(tmp_path).load()
    assert loaded is not None
    again = np.random.default_rng()
    again.bit_generator.state = loaded[2]["rng"]
    assert again.random(5).tolist() == rng.random(5).tolist()


def test_the_manifest_is_plain_json(tmp_path: Path) -> None:
    store.write(tmp_path / "bundle", ARRAYS, META)
    body = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert set(body["files"]) == set(ARRAYS)


@given(st.lists(st.text(), max_size=20))
def test_texts_come_back_from_arrays(texts: list[str]) -> None:
    assert store.unpack_texts(*store.pack_texts(texts)) == tuple(texts)


def test_curves_grow_epoch_by_epoch_and_read_back(tmp_path: Path) -> None:
    states = store.Checkpoint(tmp_path / "not yet there")
    assert store.curves(states.folder) == []
    states.note(1, {"loss": 0.5, "seconds": 1.0})
    states.note(2, {"loss": 0.25, "ndcg@10": 0.1})
    assert store.curves(states.folder) == [
        {"epoch": 1, "loss": 0.5, "seconds": 1.0},
        {"epoch": 2, "loss": 0.25, "ndcg@10": 0.1},
    ]


def test_an_epoch_noted_again_after_a_resume_counts_once_as_noted_last(tmp_path: Path) -> None:
    states = store.Checkpoint(tmp_path)
    for epoch, loss in ((1, 0.5), (2, 0.4), (3, 0.3), (2, 0.41)):
        states.note(epoch, {"loss": loss})
    assert [row["loss"] for row in store.curves(tmp_path)] == [0.5, 0.41, 0.3]


@pytest.mark.parametrize(
    "torn", [b'{"epoch": 2, "lo', b"{}", b"[1]", b"\xff\xfe", b'{"epoch": "x"}']
)
def test_a_torn_line_is_left_out_and_the_next_one_starts_afresh(
    tmp_path: Path, torn: bytes
) -> None:
    states = store.Checkpoint(tmp_path)
    states.note(1, {"loss": 0.5})
    with (tmp_path / "curves.jsonl").open("ab") as out:
        out.write(torn)
    assert store.curves(tmp_path) == [{"epoch": 1, "loss": 0.5}]
    states.note(2, {"loss": 0.4})
    assert [row["epoch"] for row in store.curves(tmp_path)] == [1, 2]


def test_a_curve_takes_finite_figures_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.Checkpoint(tmp_path).note(1, {"loss": float("nan")})
    assert store.curves(tmp_path) == []


def test_clear_forgets_states_and_curves(tmp_path: Path) -> None:
    states = store.Checkpoint(tmp_path)
    states.save(5, {"w": np.ones(1)}, {})
    states.note(5, {"loss": 1.0})
    states.clear()
    assert (states.load(), store.curves(tmp_path)) == (None, [])
