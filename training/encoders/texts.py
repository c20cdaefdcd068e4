"""Unit vectors of texts by a language model from a folder, with a cache and in any precision.

Reimers, Gurevych: Sentence-BERT (EMNLP 2019): one vector a text, scaled to length 1. Texts are
sorted by length and batched by tokens, so that nothing (a plain BERT) or almost nothing (other
types) is spent on padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from training.encoders.cache import Cache

if TYPE_CHECKING:
    from training.encoders.bert import Bert
    from training.encoders.reader import Reader

Progress = Callable[[int, int, str], None]
Precision = Literal["float32", "bfloat16"]

LONGEST = 256  # tokens of a text that are read; a batch holds one such text at least


def encode(
    folder: Path,
    texts: Sequence[str],
    *,
    name: str | None = None,
    batch_tokens: int = 2048,
    progress: Progress | None = None,
    cache: Path | None = None,
    dtype: Precision = "float32",
) -> np.ndarray:
    """Unit vectors float32 (len(texts), d) in the order of the texts.

    name: of an admin's folder, which is judged before it is read. batch_tokens: tokens per batch,
    padding counted. cache: a folder where vectors are kept by (model, text), read before and
    written after encoding. dtype: float32 agrees with the reference to 1e-6; bfloat16 is faster
    where the processor multiplies it, and differs by up to about 1e-2. progress(done, total,
    "texts") counts texts; what it raises stops the work, with all finished batches kept in the
    cache.
    Raises ValueError on a wrong batch_tokens or dtype, folders.Refused (a ValueError).
    """
    if batch_tokens < LONGEST:
        raise ValueError(f"batch_tokens must be at least {LONGEST}, got {batch_tokens}")
    if dtype not in ("float32", "bfloat16"):
        raise ValueError(f"dtype must be float32 or bfloat16, got {dtype!r}")
    store = Cache(cache, f"{folder_hash(folder)}-{dtype}", width(folder)) if cache else None
    distinct = list(dict.fromkeys(texts))
    vectors = store.get(distinct) if store else {}
    missing = [text for text in distinct if text not in vectors]
    done = len(distinct) - len(missing)
    try:
        for batch, rows in _encoded(folder, name, missing, batch_tokens, dtype):
            fresh = dict(zip(batch, rows, strict=True))
            vectors |= fresh
            if store:
                store.put(fresh)
            done += len(batch)
            if progress:
                progress(done, len(distinct), "texts")
    finally:
        if store:
            store.flush()
    if not texts:
        return np.zeros((0, width(folder)), dtype=np.float32)
    return np.stack([vectors[text] for text in texts])


@cache
def folder_hash(folder: Path) -> str:
    """SHA-256 over everything that decides a vector of this folder's model."""
    from training.encoders.reader import digest

    return digest(folder)


def width(folder: Path) -> int:
    """Entries of a vector."""
    import json

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return int(config.get("hidden_size") or config["dim"])


@cache
def loaded(folder: Path, name: str | None, dtype: Precision) -> Reader:
    """The model, read once a process. Raises folders.Refused."""
    import torch

    from training.encoders.reader import load

    return load(folder, name, torch.bfloat16 if dtype == "bfloat16" else torch.float32)


@cache
def unpadded(folder: Path, name: str | None, dtype: Precision) -> Bert | None:
    """The model as it reads without padding; None where only transformers can read it."""
    from training.encoders.bert import Bert, can_pack, reads

    reader = loaded(folder, name, dtype)
    if not reads(reader.model, reader.kind):
        return None
    return Bert(reader.model, packed=dtype == "bfloat16" and can_pack())


def _encoded(
    folder: Path, name: str | None, texts: list[str], batch_tokens: int, dtype: Precision
) -> Iterator[tuple[list[str], np.ndarray]]:
    """(texts, unit vectors) batch by batch, longest texts first."""
    if not texts:
        return
    import torch

    from training.encoders.reader import full_batches, in_batches, longest_first

    reader, fast = loaded(folder, name, dtype), unpadded(folder, name, dtype)
    ids = reader.ids(texts)
    cut = full_batches if fast else in_batches
    for batch in cut(longest_first(ids), ids, batch_tokens):
        mine = [ids[place] for place in batch]
        with torch.inference_mode():
            read = fast.vectors(mine, reader.pool) if fast else reader.read(*reader.padded(mine))
            unit = torch.nn.functional.normalize(read, dim=1)
        yield [texts[place] for place in batch], unit.numpy()
