"""A language model from a folder: texts to token numbers, token numbers to one vector a text.

Loaded by the class that its type names, never by what the folder says of itself; nothing is ever
fetched, and only safetensors are read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from training.encoders.folders import TYPES, Refused, check

LONGEST = 256  # tokens that are read of a text at most; the rest is cut
Batch = list[int]  # places of texts


@dataclass(frozen=True)
class Reader:
    """model: in eval mode. longest: tokens of a text that are read. pool: "mean" or "cls".

    kind: the model's type, a key of folders.TYPES.
    """

    tokens: Any  # tokenizers.Tokenizer, which carries no types
    model: nn.Module
    kind: str
    pad: int
    longest: int
    pool: str

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, cut at `longest`."""
        return [found.ids for found in self.tokens.encode_batch(list(texts))]

    def padded(self, ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """(tokens int64 (b, t), mask bool (b, t)) of texts side by side."""
        longest = max(len(row) for row in ids)
        tokens = torch.full((len(ids), longest), self.pad, dtype=torch.long)
        for row, numbers in enumerate(ids):
            tokens[row, : len(numbers)] = torch.tensor(numbers)
        lengths = torch.tensor([len(row) for row in ids])
        return tokens, torch.arange(longest)[None, :] < lengths[:, None]

    def read(self, tokens: Tensor, mask: Tensor, model: nn.Module | None = None) -> Tensor:
        """One float32 vector a text (b, d), not scaled. model: another than its own."""
        # without padding no mask: attention takes its faster way then
        given = None if bool(mask.all()) else mask.long()
        hidden = (model or self.model)(input_ids=tokens, attention_mask=given)
        states: Tensor = hidden.last_hidden_state.float()  # (b, t, d)
        if self.pool == "cls":
            return states[:, 0]
        return (states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)

    @property
    def width(self) -> int:
        """Entries of a vector."""
        config: Any = self.model.config
        return int(config.hidden_size)


def load(folder: Path, name: str | None = None, dtype: torch.dtype = torch.float32) -> Reader:
    """The model of a folder. name: of an admin's folder, which is judged first; None: the
    package's own, which is a pinned dependency like any other. Raises folders.Refused.
    """
    if name is not None:
        check(name, folder)  # before transformers is imported
    os.environ["HF_HUB_OFFLINE"] = "1"
    import transformers
    from tokenizers import Tokenizer
    from transformers.utils import logging

    # they would fill the job's log
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    given = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = given["model_type"]
    config_name, model_name = TYPES[kind]
    config = getattr(transformers, config_name).from_dict(given)
    model = getattr(transformers, model_name).from_pretrained(
        str(folder), config=config, local_files_only=True, use_safetensors=True, dtype=dtype
    )
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # nothing here reads it
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if tokens.get_vocab_size() > config.vocab_size:
        sizes = {"given": tokens.get_vocab_size(), "known": config.vocab_size}
        raise Refused("vocabulary", name=name or folder.name, **sizes)
    longest = _longest(folder, config)
    tokens.no_padding()
    tokens.enable_truncation(longest)
    pad = config.pad_token_id if config.pad_token_id is not None else 0
    return Reader(tokens, model.eval(), kind, int(pad), longest, pooling(folder))


def in_batches(order: Sequence[int], ids: Sequence[Sequence[int]], most: int) -> Iterator[Batch]:
    """Runs of `order` (longest text first) of at most `most` padded tokens.

    One that is half full ends where texts become shorter: most batches have no padding then.
    """
    batch: Batch = []
    for place in order:
        longest = len(ids[batch[0]]) if batch else 0
        shorter = len(ids[place]) < longest and 2 * len(batch) * longest >= most
        if batch and (shorter or (len(batch) + 1) * longest > most):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def full_batches(order: Sequence[int], ids: Sequence[Sequence[int]], most: int) -> Iterator[Batch]:
    """Runs of `order` of at most `most` tokens, nothing padded; a longer text stands alone."""
    batch: Batch = []
    tokens = 0
    for place in order:
        if batch and tokens + len(ids[place]) > most:
            yield batch
            batch, tokens = [], 0
        batch.append(place)
        tokens += len(ids[place])
    if batch:
        yield batch


def longest_first(ids: Sequence[Sequence[int]]) -> list[int]:
    """Places by falling length: memory peaks in the first batch, and an estimate errs upwards."""
    return sorted(range(len(ids)), key=lambda place: (-len(ids[place]), place))


def pooling(folder: Path) -> str:
    """The vector of a text, "cls" or "mean", by 1_Pooling/config.json; mean where unsaid."""
    try:
        said = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "mean"
    return "cls" if said.get("pooling_mode_cls_token") else "mean"


def digest(folder: Path) -> str:
    """SHA-256 over all that decides a vector: weights, configuration, vocabulary, pooling."""
    found = hashlib.sha256(f"{pooling(folder)}-unit-{LONGEST}".encode())
    weights = sorted(path.name for path in folder.glob("*.safetensors"))
    for name in ("config.json", *weights, "tokenizer.json"):
        with (folder / name).open("rb") as source:
            found.update(hashlib.file_digest(source, "sha256").digest())
    return found.hexdigest()


def fast_dtype() -> Literal["float32", "bfloat16"]:
    """What texts are read in: "bfloat16" where the processor multiplies it, else "float32"."""
    asked = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # no public name says it
    return "bfloat16" if asked is not None and asked() else "float32"


def _longest(folder: Path, config: Any) -> int:
    """Tokens that the model can read; two positions are kept free where numbering starts late."""
    return int(min(LONGEST, max(8, int(config.max_position_embeddings) - 2)))
