"""Vectors on disk by (encoder, text), in shards that are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

DIGEST = 32  # bytes of a text's SHA-256
SHARD = 2048  # vectors gathered before they are written: one file per batch would be thousands


class Cache:
    """One folder per encoder below `folder`; a shard is (keys uint8 (n, 32), vectors (n, d)).

    A shard that cannot be read is passed over: its texts are encoded again.
    """

    def __init__(self, folder: Path, encoder: str, width: int) -> None:
        self.folder = folder / encoder
        self.width = width
        self._waiting: dict[str, np.ndarray] = {}

    def get(self, texts: Iterable[str]) -> dict[str, np.ndarray]:
        """Vectors of the texts that are stored."""
        wanted = {_digest(text): text for text in texts}
        found: dict[str, np.ndarray] = {}
        for path in sorted(self.folder.glob("*.npy")):
            for key, vector in self._shard(path):
                if key in wanted:
                    found[wanted[key]] = vector
        return found

    def put(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Keep vectors float32 (d,) of these texts; `flush` makes the last ones safe."""
        self._waiting.update(vectors)
        if len(self._waiting) >= SHARD:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one new shard."""
        if not self._waiting:
            return
        keys = np.frombuffer(b"".join(map(_digest, self._waiting)), np.uint8).reshape(-1, DIGEST)
        rows = np.stack(list(self._waiting.values())).astype(np.float32)
        body = np.hstack([keys, rows.view(np.uint8).reshape(len(rows), -1)])
        self.folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex  # two writers never meet; a text stored twice does no harm
        temporary = self.folder / f"{name}.tmp"
        with temporary.open("wb") as out:
            np.save(out, body, allow_pickle=False)
            out.flush()
            os.fsync(out.fileno())
        temporary.rename(self.folder / f"{name}.npy")
        self._waiting = {}

    def _shard(self, path: Path) -> Iterable[tuple[bytes, np.ndarray]]:
        try:
            body = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return []
        if body.dtype != np.uint8 or body.ndim != 2 or body.shape[1] != DIGEST + 4 * self.width:
            return []
        vectors = np.ascontiguousarray(body[:, DIGEST:]).view(np.float32)
        keys = (row.tobytes() for row in body[:, :DIGEST])
        return zip(keys, vectors, strict=True)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
