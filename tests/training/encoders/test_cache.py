from pathlib import Path

import numpy as np
import pytest

from training.encoders.cache import Cache

ONE = np.arange(3, dtype=np.float32)


def kept(folder: Path) -> Cache:
    cache = Cache(folder, "model-a", 3)
    cache.put({"x": ONE, "y": ONE + 1})
    cache.flush()
    return cache


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    kept(tmp_path)
    found = Cache(tmp_path, "model-a", 3).get(["y", "z"])
    assert list(found) == ["y"]
    assert np.array_equal(found["y"], ONE + 1)


def test_another_encoder_sees_nothing(tmp_path: Path) -> None:
    kept(tmp_path)
    assert Cache(tmp_path, "model-b", 3).get(["x"]) == {}


def test_another_width_sees_nothing(tmp_path: Path) -> None:
    kept(tmp_path)
    assert Cache(tmp_path, "model-a", 4).get(["x"]) == {}


@pytest.mark.parametrize("damage", [b"", b"not an array", None])
def test_a_damaged_shard_is_passed_over(tmp_path: Path, damage: bytes | None) -> None:
    cache = kept(tmp_path)
    cache.put({"w": ONE * 2})
    cache.flush()
    shards = sorted((tmp_path / "model-a").glob("*.npy"))
    broken = next(s for s in shards if s.stat().st_size == max(p.stat().st_size for p in shards))
    broken.write_bytes(broken.read_bytes()[:150] if damage is None else damage)
    assert list(cache.get(["w", "x", "y"])) == ["w"]


def test_nothing_half_written_has_the_name_of_a_shard(tmp_path: Path) -> None:
    kept(tmp_path)
    (tmp_path / "model-a" / "left.tmp").write_bytes(b"half")
    assert sorted(Cache(tmp_path, "model-a", 3).get(["x", "y"])) == ["x", "y"]
