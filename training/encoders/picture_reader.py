"""A model of pictures from a folder: pictures to what the model takes, and that to one vector each.

Dosovitskiy et al.: An image is worth 16x16 words (ICLR 2021); Oquab et al.: DINOv2 (TMLR 2024);
Radford et al.: CLIP (ICML 2021). Loaded by the class that its type names, never by what the folder
says of itself; nothing is ever fetched, and only safetensors are read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.encoders.folders import Refused
from training.encoders.picture_folders import PROCESSORS, VISION, check, prepared_by

TOWER = ("clip", "clip_vision_model")  # whose vector is the pooled one; of others the first token's


@dataclass(frozen=True)
class PictureReader:
    """model: in eval mode. processor: of transformers, by Pillow. kind: a key of VISION."""

    name: str
    model: nn.Module
    processor: Any
    kind: str

    @property
    def width(self) -> int:
        """Entries of a vector."""
        config: Any = self.model.config
        return int(config.hidden_size)

    def prepared(self, pixels: np.ndarray) -> Tensor:
        """What the model takes, float32 (3, h, w), of a picture uint8 (height, width, 3)."""
        from PIL import Image

        # as a picture: of an array three pixels high the processor could not tell the colours
        made = self.processor(images=Image.fromarray(pixels), return_tensors="pt")
        found: Tensor = made["pixel_values"][0]
        return found

    def read(self, prepared: Sequence[Tensor]) -> Tensor:
        """One float32 vector a picture (b, d), not scaled. Raises Refused on a wrong size."""
        try:
            found = self.model(pixel_values=torch.stack(list(prepared)))
        except ValueError as error:
            raise Refused("size", name=self.name, key=str(error)) from None
        vectors: Tensor = (
            found.pooler_output if self.kind in TOWER else found.last_hidden_state[:, 0]
        )
        return vectors.float()


def load(folder: Path, name: str) -> PictureReader:
    """The model of an admin's folder, which is judged first. Raises folders.Refused."""
    check(name, folder)  # before transformers is imported
    os.environ["HF_HUB_OFFLINE"] = "1"
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    given = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = given["model_type"]
    config_name, model_name = VISION[kind]
    said = given["vision_config"] if kind == "clip" else given
    config = getattr(transformers, config_name).from_dict(said)
    more = {"add_pooling_layer": False} if kind == "vit" else {}  # nothing here reads it
    model, info = getattr(transformers, model_name).from_pretrained(
        str(folder), config=config, local_files_only=True, use_safetensors=True,
        dtype=torch.float32, output_loading_info=True, **more,
    )  # fmt: skip
    if missing := sorted(info["missing_keys"]):  # they would be filled with random numbers
        raise Refused("incomplete", name=name, key=missing[0])
    return PictureReader(name, model.eval(), _processor(folder, kind), kind)


def digest(folder: Path) -> str:
    """SHA-256 over all that decides a vector: weights, configuration, preparation."""
    found = hashlib.sha256(b"picture-unit-1")
    weights = sorted(path.name for path in folder.glob("*.safetensors"))
    for name in ("config.json", *weights, "preprocessor_config.json"):
        with (folder / name).open("rb") as source:
            found.update(hashlib.file_digest(source, "sha256").digest())
    return found.hexdigest()


def _processor(folder: Path, kind: str) -> Any:
    import transformers

    said = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    chosen = getattr(transformers, PROCESSORS[prepared_by(said, kind)])
    return chosen.from_dict(said)
