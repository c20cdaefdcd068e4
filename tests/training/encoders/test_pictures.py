"""Vectors of pictures: those of transformers, whatever the batch; no file can do harm."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.training.encoders import pictured
from training.encoders import decode, picture_files, pictures
from training.encoders.decoder import Decoder, Unread

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (120, 90, 10), (250, 250, 240)]
SIZES = [(60, 48), (33, 90), (3, 3), (64, 64), (200, 40)]
ENDINGS = ["png", "jpg", "webp", "gif", "jpeg"]


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictured.make(tmp_path_factory.mktemp("vit"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def five(root: Path) -> list[str]:
    """Names of five pictures of five sizes in four formats, one of them in a folder below."""
    names = [f"p{n}.{ending}" for n, ending in enumerate(ENDINGS)]
    names[1] = f"deep/{names[1]}"
    for n, name in enumerate(names):
        pictured.draw(root / name, COLOURS[n], n, SIZES[n])
    return names


def plainly(folder: Path, kind: str, files: list[Path]) -> np.ndarray:
    """The vectors by the library's own way: one picture after the other, classes by Auto."""
    import torch
    from transformers import AutoImageProcessor, AutoModel
    from transformers.image_utils import load_image

    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    model = model.vision_model if kind == "clip" else model
    rows = []
    for file in files:
        pixels = processor(images=load_image(str(file)), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            found = model(pixel_values=pixels)
        first = found.pooler_output if "clip" in kind else found.last_hidden_state[:, 0]
        rows.append(torch.nn.functional.normalize(first, dim=1)[0].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("kind", ["vit", "dinov2", "clip"])
def test_vectors_are_those_of_transformers_whatever_the_batch(
    kind: str, tmp_path: Path, root: Path, five: list[str]
) -> None:
    folder = pictured.make(tmp_path / "model", kind)
    wanted = plainly(folder, kind, [root / name for name in five])
    assert np.abs(wanted[0] - wanted[1]).max() > 1e-3  # else anything would pass
    for batch in (1, 3, 16):
        found = pictures.encode("mine", folder, root, five, batch=batch)
        assert not found.faults
        np.testing.assert_allclose(found.vectors, wanted, atol=1e-5)


def test_a_picture_is_turned_upright_and_its_first_frame_read(root: Path, vit: Path) -> None:
    from PIL import Image

    up = Image.open(pictured.draw(root / "up.png", COLOURS[0], size=(40, 20)))
    rest = Image.new("RGB", (40, 20), "blue")
    up.rotate(90, expand=True).save(root / "turned.png", exif=_exif(6))
    up.save(root / "moving.webp", save_all=True, append_images=[rest], lossless=True)
    found = pictures.encode("mine", vit, root, ["up.png", "turned.png", "moving.webp"]).vectors
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)
    np.testing.assert_allclose(found[2], found[0], atol=1e-5)


def _exif(turn: int) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = turn
    return exif.tobytes()


def bomb(path: Path, width: int, height: int) -> None:
    """A PNG of a few kilobytes that says it is this large, and is."""
    rows = zlib.compress(b"\0" * ((width + 7) // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def test_what_has_no_vector_is_named_and_stops_nobody(root: Path, vit: Path) -> None:
    good = pictured.draw(root / "good.png", COLOURS[0]).read_bytes()
    bomb(root / "bomb.png", 20_000, 20_000)
    bomb(root / "thin.png", 2_000, 8)
    assert (root / "bomb.png").stat().st_size < 100_000
    pictured.draw(root / "a.jpg", COLOURS[1])
    (root / "cut.jpg").write_bytes((root / "a.jpg").read_bytes()[:400])
    (root / "cut.png").write_bytes(good[: len(good) // 2])
    (root / "words.png").write_text("no picture")
    (root / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    pictured.draw(root / "old.bmp", COLOURS[1])
    with (root / "huge.png").open("wb") as file:
        file.truncate(picture_files.BYTES + 1)
    os.mkfifo(root / "pipe.png")
    (root / "secret.png").symlink_to(pictured.draw(root.parent / "secret.png", COLOURS[2]))
    (root / "alias.png").symlink_to("good.png")
    (root / "up").symlink_to(root.parent)
    (root / "deep").mkdir()
    wrong = {
        "bomb.png": "pixels", "thin.png": "shape", "cut.jpg": "broken", "cut.png": "broken",
        "words.png": "format", "drawing.svg": "format", "old.bmp": "format", "huge.png": "bytes",
        "pipe.png": "no-file", "secret.png": "outside", "up/secret.png": "outside",
        "../secret.png": "path", "a/../../secret.png": "path", "..\\secret.png": "path",
        str(root / "good.png"): "path", "C:\\x.png": "path", "https://host/good.png": "address",
        "data:image/png;base64,AAAA": "address", "nowhere.png": "missing", "x" * 5000: "missing",
        "good\0.png": "missing", ".": "path", "deep": "no-file",
    }  # fmt: skip
    cells = ["good.png", *wrong, "", "alias.png"]
    found = pictures.encode("mine", vit, root, cells)
    assert found.faults == wrong
    there = ~np.isnan(found.vectors).any(axis=1)
    assert [cell for cell, known in zip(cells, there, strict=True) if known] == [
        "good.png",
        "alias.png",  # a link that stays inside is the file that it names
    ]
    for code in set(wrong.values()):
        assert picture_files.said(code, "en") != picture_files.said(code, "zh-hans")


def test_a_reader_that_dies_costs_one_picture(root: Path) -> None:
    good = pictured.draw(root / "good.png", COLOURS[0]).read_bytes()
    with Decoder() as decoder:
        first = decoder.read(good)
        assert first.shape == (48, 60, 3) and decoder._process is not None
        decoder._process.kill()
        decoder._process.wait()
        with pytest.raises(Unread, match="stopped"):
            decoder.read(good)
        assert (decoder.read(good) == first).all()
    with Decoder(seconds=0.0) as hurried, pytest.raises(Unread, match="stopped"):
        hurried.read(good)


def test_the_reader_of_foreign_bytes_is_bounded(root: Path) -> None:
    """Its limit holds: more address space than that is not given."""
    with Decoder() as decoder:
        decoder.read(pictured.draw(root / "good.png", COLOURS[0]).read_bytes())
        assert decoder._process is not None
        limits = Path(f"/proc/{decoder._process.pid}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert line.split()[3] == str(decode.MEGABYTES * 2**20)


def test_vectors_come_from_the_cache_until_a_file_changes(
    root: Path, five: list[str], vit: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    first = pictures.encode("mine", vit, root, five, cache=cache)
    assert first.fresh == 5
    again = pictures.encode("mine", vit, root, [*five, five[0]], cache=cache)
    assert again.fresh == 0
    np.testing.assert_array_equal(again.vectors[:5], first.vectors)
    np.testing.assert_array_equal(again.vectors[5], first.vectors[0])
    pictured.draw(root / five[2], COLOURS[0], 99)
    changed = pictures.encode("mine", vit, root, five, cache=cache)
    assert changed.fresh == 1
    assert np.abs(changed.vectors[2] - first.vectors[2]).max() > 1e-3


def test_a_stop_keeps_what_was_read(root: Path, five: list[str], vit: Path, tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def stop(done: int, total: int, unit: str) -> None:
        if unit == "pictures" and done >= 2:
            raise Stop

    with pytest.raises(Stop):
        pictures.encode("mine", vit, root, five, batch=2, progress=stop, cache=tmp_path / "c")
    assert pictures.encode("mine", vit, root, five, cache=tmp_path / "c").fresh == 3
