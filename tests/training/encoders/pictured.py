"""A model of pictures made on the spot, and pictures drawn with Pillow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32}
SMALL |= {"patch_size": 8, "intermediate_size": 64}


def make(folder: Path, kind: str = "vit", seed: int = 0) -> Path:
    """The folder of a model of this type with random weights, as an admin would put it there."""
    import torch
    import transformers

    from training.encoders.picture_folders import USUAL

    torch.manual_seed(seed)
    model: Any
    if kind == "clip":
        text = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        text |= {"intermediate_size": 16, "vocab_size": 50, "max_position_embeddings": 8}
        model = transformers.CLIPModel(
            transformers.CLIPConfig(text_config=text, vision_config=SMALL, projection_dim=8)
        )
    else:
        from training.encoders.picture_folders import VISION

        config, name = VISION[kind]
        sizes = SMALL if kind != "dinov2" else SMALL | {"mlp_ratio": 2}
        model = getattr(transformers, name)(getattr(transformers, config)(**sizes))
    model.save_pretrained(folder)
    side = {"height": 32, "width": 32}
    said = {"image_processor_type": USUAL[kind], "size": side, "do_normalize": True}
    if kind != "vit":
        said |= {"size": {"shortest_edge": 40}, "do_center_crop": True, "crop_size": side}
    (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return folder


def draw(
    path: Path, colour: tuple[int, int, int], seed: int = 0, size: tuple[int, int] = (60, 48)
) -> Path:
    """A picture of one colour with some noise, in the format of its ending."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    noise = rng.integers(-20, 21, (size[1], size[0], 3))
    pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
