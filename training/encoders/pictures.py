"""Unit vectors of pictures by a model from a folder, with a cache by what the files hold.

Pictures are decoded in a process of their own (decoder.py), one batch ahead of the model. What has
no vector is named with its reason; it never stops the others.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.encoders.cache import Cache
from training.encoders.decoder import Decoder, Unread
from training.encoders.picture_files import content, place

if TYPE_CHECKING:
    from torch import Tensor

    from training.encoders.picture_reader import PictureReader

Progress = Callable[[int, int, str], None]
BATCH = 16  # pictures
LOOK = 50  # files between two words


@dataclass(frozen=True)
class Seen:
    """vectors float32 (n, d) of length 1, a row of NaN = none. faults: cell -> key of
    picture_files.REASONS. fresh: pictures that the model read, the others came from the cache.
    """

    vectors: np.ndarray
    faults: dict[str, str] = field(default_factory=dict)
    fresh: int = 0


def encode(
    name: str,
    folder: Path,
    root: Path,
    cells: Sequence[str],
    *,
    batch: int = BATCH,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Seen:
    """Vectors of the pictures that `cells` name below `root`, in their order; "" names none.

    name, folder: of an encoder on the admin's list, judged before it is read. batch: pictures that
    the model reads at once; it changes speed, not vectors. cache: a folder where vectors are kept
    by (model, bytes of the file). progress(done, total, "files" or "pictures"); what it raises
    stops the work, with all finished batches kept in the cache. Raises folders.Refused, and
    FileNotFoundError where there is no folder `root`.
    """
    from training.encoders.picture_reader import digest, load

    if not root.is_dir():
        raise FileNotFoundError(str(root))
    reader = load(folder, name)
    store = Cache(cache, f"{digest(folder)}-pictures", reader.width) if cache else None
    say = progress or (lambda done, total, unit: None)
    files = _Files(Path(os.path.realpath(root)), list(dict.fromkeys(filter(None, cells))), say)
    vectors = store.get(files.cells_of) if store else {}
    waiting = [key for key in files.cells_of if key not in vectors]
    total, fresh = len(files.cells_of), 0
    done = total - len(waiting)
    say(done, total, "pictures")
    try:
        with closing(_encoded(reader, files, waiting, batch)) as parts:
            for found in parts:
                vectors |= found
                if store:
                    store.put(found)
                fresh, done = fresh + len(found), min(total, done + batch)
                say(done, total, "pictures")
    finally:
        if store:
            store.flush()
    return Seen(_rows(cells, files, vectors, reader.width), files.faults, fresh)


class _Files:
    """The files that cells name: their digests, and why some have none."""

    def __init__(self, root: Path, cells: list[str], say: Progress) -> None:
        self.root = root
        self.faults: dict[str, str] = {}
        self.digests: dict[str, str] = {}  # cell -> SHA-256 of its file
        self.cells_of: dict[str, list[str]] = {}  # and back: two files may hold the same
        for done, cell in enumerate(cells):
            if done % LOOK == 0:
                say(done, len(cells), "files")
            try:
                key = hashlib.sha256(self.read(cell)).hexdigest()
            except Unread as fault:
                self.faults[cell] = fault.code
                continue
            self.digests[cell] = key
            self.cells_of.setdefault(key, []).append(cell)

    def read(self, cell: str) -> bytes:
        return content(place(self.root, cell))

    def fails(self, key: str, code: str) -> None:
        """No cell whose file has these bytes gets a vector."""
        self.faults |= dict.fromkeys(self.cells_of[key], code)


def _encoded(
    reader: PictureReader, files: _Files, waiting: list[str], batch: int
) -> Generator[dict[str, np.ndarray]]:
    """Digest -> unit vector, batch by batch; while the model reads one the next is decoded."""
    parts = [waiting[at : at + batch] for at in range(0, len(waiting), batch)]
    with Decoder() as decoder, ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(_prepared, reader, decoder, files, part) for part in parts[:1]]
        for part in [*parts[1:], []]:
            if not coming:
                return
            prepared = coming.pop().result()
            if part:
                coming = [ahead.submit(_prepared, reader, decoder, files, part)]
            yield _read(reader, files, prepared)


def _prepared(
    reader: PictureReader, decoder: Decoder, files: _Files, part: Sequence[str]
) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for key in part:
        try:
            data = files.read(files.cells_of[key][0])
            if hashlib.sha256(data).hexdigest() != key:  # it was written to in the meantime
                raise Unread("broken")
            found[key] = reader.prepared(decoder.read(data))
        except Unread as fault:
            files.fails(key, fault.code)
    return found


def _read(
    reader: PictureReader, files: _Files, prepared: dict[str, Tensor]
) -> dict[str, np.ndarray]:
    """One pass a size: a processor that does not crop leaves pictures of several."""
    import torch

    found: dict[str, np.ndarray] = {}
    for size in {each.shape for each in prepared.values()}:
        keys = [key for key, each in prepared.items() if each.shape == size]
        with torch.inference_mode():
            read = reader.read([prepared[key] for key in keys])
        for key, row in zip(keys, torch.nn.functional.normalize(read, dim=1).numpy(), strict=True):
            if np.isfinite(row).all():
                found[key] = row
            else:
                files.fails(key, "no-vector")
    return found


def _rows(
    cells: Sequence[str], files: _Files, vectors: dict[str, np.ndarray], width: int
) -> np.ndarray:
    made = np.full((len(cells), width), np.nan, np.float32)
    for row, cell in enumerate(cells):
        found = vectors.get(files.digests.get(cell, ""))
        if found is not None:
            made[row] = found
    return made
