"""Which of the admin's models read pictures, and what such a folder may hold.

Standard library only, like folders.py, whose list and refusals it shares: no code, no pickle, no
link, safetensors alone (SEC-40).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from training.encoders.folders import Refused, listed, plain, setting

VISION = {
    "clip": ("CLIPVisionConfig", "CLIPVisionModel"),  # the picture's half of it
    "clip_vision_model": ("CLIPVisionConfig", "CLIPVisionModel"),
    "dinov2": ("Dinov2Config", "Dinov2Model"),
    "vit": ("ViTConfig", "ViTModel"),
}
PROCESSORS = {
    "BitImageProcessor": "BitImageProcessorPil",
    "CLIPFeatureExtractor": "CLIPImageProcessorPil",
    "CLIPImageProcessor": "CLIPImageProcessorPil",
    "ViTFeatureExtractor": "ViTImageProcessorPil",
    "ViTImageProcessor": "ViTImageProcessorPil",
}
USUAL = {
    "clip": "CLIPImageProcessor",
    "clip_vision_model": "CLIPImageProcessor",
    "dinov2": "BitImageProcessor",
    "vit": "ViTImageProcessor",
}
SHORT = 2**20  # bytes of a config.json


def reads_pictures(folder: Path) -> bool:
    """Whether the folder says that its model reads pictures; it is not judged here."""
    try:
        path = folder / "config.json"
        said = json.loads(path.read_bytes()) if path.stat().st_size <= SHORT else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("model_type") in VISION


def of_pictures(environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """The listed folders whose models read pictures, by name."""
    return {name: at for name, at in listed(environ).items() if reads_pictures(at)}


def of_texts(environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """All other listed folders, by name: what a form offers to read texts."""
    return {name: at for name, at in listed(environ).items() if not reads_pictures(at)}


def sound(name: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of a listed encoder of pictures, after every check. Raises Refused.

    name: from anybody; it is only ever looked up, never made part of a path.
    """
    folders = listed(environ)
    if name not in folders:
        known = ", ".join(of_pictures(environ)) or "–"
        raise Refused("unknown", name=name, known=known)
    check(name, folders[name])
    return folders[name]


def check(name: str, folder: Path) -> None:
    """Raise Refused unless the folder holds a model of pictures of known type, and no code."""
    kind = plain(name, folder).get("model_type")
    if kind not in VISION:
        raise Refused("type", name=name, key=kind, known=", ".join(VISION))
    file = "preprocessor_config.json"
    asked = prepared_by(setting(name, folder / file), str(kind))
    if asked not in PROCESSORS:
        raise Refused("processor", name=name, file=file, key=asked, known=", ".join(PROCESSORS))


def prepared_by(said: Mapping[str, object], kind: str) -> str:
    """The processor that preprocessor_config.json names, else the usual one of this type."""
    asked = said.get("image_processor_type") or said.get("feature_extractor_type") or USUAL[kind]
    return str(asked).removesuffix("Fast").removesuffix("Pil")
