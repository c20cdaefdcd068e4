"""Artifacts on disk: one folder of .npy files and a manifest that proves every byte of them.

A folder is written beside its place, synced and renamed, so a reader sees all of it or none. The
manifest holds the SHA-256 of each file and of itself; nothing here is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from training import workspace
from training.workspace import nothing

MANIFEST = "manifest.json"
CURVES = "curves.jsonl"
FORMAT = 1
CHUNK = 1 << 20

Arrays = dict[str, np.ndarray]
Meta = dict[str, Any]  # any JSON value: it is the caller's own note


class Corrupt(Exception):
    """An artifact that must not be used: `file` names the part, `why` says what is wrong."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.file = file
        self.why = why


def write(
    folder: Path,
    arrays: Mapping[str, np.ndarray],
    meta: Mapping[str, Any],
    pause: Callable[[], None] = nothing,
) -> str:
    """Write arrays and meta as `folder`, all or nothing; the SHA-256 of the manifest comes back.

    A folder that is there already is replaced. pause is called every now and then, and may raise to
    cancel: nothing is left then. Array names are file names (letters, digits, _ - .).
    Raises ValueError on a bad name or an array of objects, OSError when the disk refuses.
    """
    for name, array in arrays.items():
        _check(name, array)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / f".{folder.name}.tmp-{uuid.uuid4().hex}"
    temporary.mkdir()
    try:
        digest = _fill(temporary, arrays, meta, pause)
        _publish(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return digest


def read(folder: Path, *, verify: bool = True, expected: str | None = None) -> tuple[Arrays, Meta]:
    """Memory-mapped arrays and meta of a written folder.

    verify: hash every file against the manifest (one read of the data). expected: the manifest's
    SHA-256 that `write` gave, when the caller kept it. Raises Corrupt naming the file.
    """
    body = _manifest(folder, expected)
    arrays = {}
    for name, digest in body["files"].items():
        path = folder / f"{name}.npy"
        if verify:
            _verify(path, digest)
        arrays[name] = _load(path)
    return arrays, body["meta"]


def pack_texts(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(bytes uint8 (total,), ends int64 (n,)): texts as arrays, without pickling or padding."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), ends


def unpack_texts(data: np.ndarray, ends: np.ndarray) -> tuple[str, ...]:
    """The texts that `pack_texts` packed."""
    whole = data.tobytes()
    stops: list[int] = ends.tolist()
    return tuple(
        whole[start:stop].decode("utf-8", "surrogatepass")
        for start, stop in zip([0, *stops], stops, strict=False)
    )


class Checkpoint:
    """The training states of one run, newest first; a damaged one falls back to the one before.

    The random generators' state travels in meta (`rng.bit_generator.state` is plain JSON).
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        self.folder = folder
        self.keep = keep
        self.skipped: list[str] = []  # what `load` found damaged, "epoch-000007: why"

    def save(self, epoch: int, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
        """Store the state after `epoch`, then drop all but the newest `keep` states."""
        write(self.folder / f"epoch-{epoch:06d}", arrays, {**meta, "epoch": epoch})
        for old in self._epochs()[self.keep :]:
            shutil.rmtree(old, ignore_errors=True)
        for left in self.folder.glob(".epoch-*.tmp-*"):  # of a writer that was killed
            shutil.rmtree(left, ignore_errors=True)

    def load(self) -> tuple[int, Arrays, Meta] | None:
        """(epoch, arrays, meta) of the newest state that verifies; None when none does."""
        self.skipped = []
        for folder in self._epochs():
            try:
                arrays, meta = read(folder)
            except Corrupt as damage:
                self.skipped.append(f"{folder.name}: {damage}")
                continue
            return int(meta.pop("epoch")), arrays, meta
        return None

    def note(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Append what was measured after `epoch` to curves.jsonl, for `curves` to read meanwhile.

        Raises ValueError on a figure that is not finite: JSON has no word for it.
        """
        line = json.dumps({"epoch": epoch, **figures}, allow_nan=False)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / CURVES).open("ab+") as out:
            # a writer that was killed may have left half a line: ours starts on its own
            if out.tell() and _last_byte(out) != b"\n":
                out.write(b"\n")
            out.write(line.encode() + b"\n")

    def part(self, name: str) -> Checkpoint | None:
        """For a stage of the run that has states of its own; None where nothing is kept."""
        return Checkpoint(self.folder / name, self.keep)

    def clear(self) -> None:
        """Forget every state and curve: they are of another training."""
        for old in self._epochs():
            shutil.rmtree(old, ignore_errors=True)
        (self.folder / CURVES).unlink(missing_ok=True)

    def _epochs(self) -> list[Path]:
        return sorted(self.folder.glob("epoch-*"), reverse=True)


def curves(folder: Path) -> list[dict[str, float]]:
    """What `Checkpoint.note` wrote into `folder`, by epoch; [] when it wrote nothing.

    An epoch noted twice (after a resume) counts as noted last; a line that cannot be read (its
    writer was killed, or is at it) is left out.
    """
    try:
        lines = (folder / CURVES).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found: dict[int, dict[str, float]] = {}
    for line in lines:
        try:
            row = json.loads(line)
            found[int(row["epoch"])] = row
        except (ValueError, TypeError, KeyError):
            continue
    return [found[epoch] for epoch in sorted(found)]


def _check(name: str, array: np.ndarray) -> None:
    if not name or name.startswith(".") or not name.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"array name must be letters, digits, _ or -, got {name!r}")
    if array.dtype.hasobject:
        raise ValueError(f"array {name!r} holds Python objects, which are never stored")


def _fill(
    folder: Path,
    arrays: Mapping[str, np.ndarray],
    meta: Mapping[str, Any],
    pause: Callable[[], None],
) -> str:
    files = {}
    for name, array in arrays.items():
        path = folder / f"{name}.npy"
        with path.open("wb") as out:
            _save(out, array, pause)
            _sync(out.fileno())
        files[name] = _hash(path, pause)
    text = _encode({"format": FORMAT, "files": files, "meta": dict(meta)})
    with (folder / MANIFEST).open("wb") as out:
        out.write(text)
        out.flush()
        _sync(out.fileno())
    _sync_folder(folder)
    return hashlib.sha256(text).hexdigest()


def _save(out: BinaryIO, array: np.ndarray, pause: Callable[[], None]) -> None:
    """As np.save; a column that lies on disk is never in memory as a whole."""
    if array.ndim != 1 or len(array) <= workspace.HELD or not array.flags.c_contiguous:
        np.save(out, array, allow_pickle=False)
        return
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(out, header)
    for each in workspace.Workspace(pause=pause).slices(len(array), array):
        out.write(array[each].tobytes())


def _publish(temporary: Path, folder: Path) -> None:
    # a folder cannot be renamed over a full one: the old one steps aside first
    old = folder.parent / f".{folder.name}.old-{uuid.uuid4().hex}"
    if folder.exists():
        folder.rename(old)
    temporary.rename(folder)
    _sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _encode(body: Meta) -> bytes:
    """The manifest with a check over itself, so that a flipped bit in meta is found as well."""
    plain = json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
    check = hashlib.sha256(plain).hexdigest()
    return json.dumps({**body, "check": check}, sort_keys=True, ensure_ascii=False).encode()


def _manifest(folder: Path, expected: str | None) -> Meta:
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise Corrupt(MANIFEST, f"cannot be read ({error.strerror})") from error
    if expected is not None and hashlib.sha256(text).hexdigest() != expected:
        raise Corrupt(MANIFEST, "is not the one that was written")
    try:
        body: Meta = json.loads(text)
        del body["check"]
        sound = _encode(body) == text and body["format"] == FORMAT
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Corrupt(MANIFEST, "is damaged") from error
    if not sound:
        raise Corrupt(MANIFEST, "is damaged")
    return body


def _verify(path: Path, digest: str) -> None:
    try:
        found = _hash(path)
    except OSError as error:
        raise Corrupt(path.name, f"cannot be read ({error.strerror})") from error
    if found != digest:
        raise Corrupt(path.name, "does not match its SHA-256")


def _load(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise Corrupt(path.name, f"is not a readable array ({error})") from error
    return array


def _hash(path: Path, pause: Callable[[], None] = nothing) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        for block in _blocks(source):
            pause()
            digest.update(block)
    return digest.hexdigest()


def _last_byte(source: Any) -> bytes:  # any binary file object
    source.seek(-1, os.SEEK_END)
    last: bytes = source.read(1)
    return last


def _blocks(source: Any) -> Iterable[bytes]:  # any binary file object
    return iter(lambda: source.read(CHUNK), b"")


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)
