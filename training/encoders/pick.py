"""Which encoder reads the texts: the package's model, letters alone, or one of the admin's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from training.encoders import characters, folders, minilm
from training.encoders import texts as reading
from training.encoders.texts import Precision, Progress

NOTES = {
    "script": (
        "The encoder {name} does not know {share:.0%} of the letters in these titles: it was "
        "taught other languages. Choose “characters”, or a model for this language.",
        "编码器 {name} 不认识这些标题中 {share:.0%} 的字母或汉字：它是用其他语言训练的。"
        "请选择“characters”，或适合该语言的模型。",
    ),
    "letters": (
        "The built-in language model does not know {share:.0%} of the letters in these titles, so "
        "the texts are compared by their letters (encoder “characters”).",
        "内置语言模型不认识这些标题中 {share:.0%} 的字母或汉字，"
        "因此按字符片段比较文本（编码器“characters”）。",
    ),
}


@dataclass(frozen=True)
class Choice:
    """name: the encoder that reads. unread: share of the letters that it does not know, 0..1.

    note: "" or a key of NOTES, what whoever ordered the run should be told.
    """

    name: str
    unread: float = 0.0
    note: str = ""
    asked: str = "auto"

    def said(self, language: str) -> str:
        """The note in "en" or "zh-hans", "" without one."""
        if not self.note:
            return ""
        name = "minilm" if self.note == "letters" else self.name
        return NOTES[self.note][language.startswith("zh")].format(name=name, share=self.unread)


def choose(name: str, texts: Sequence[str]) -> Choice:
    """What `name` stands for on these texts.

    auto: the package's model where it knows their script, else characters. Raises folders.Refused.
    """
    from training.encoders.known import MOST_UNREAD

    if name == "characters":
        return Choice(name, asked=name)
    asked, name = name, "minilm" if name == "auto" else name
    share = _unread(*folder(name), tuple(texts))
    if share <= MOST_UNREAD:
        return Choice(name, share, asked=asked)
    if asked == "auto":
        return Choice("characters", share, "letters", asked)
    return Choice(name, share, "script", asked)


@lru_cache(maxsize=4)
def _unread(place: Path, judged: str | None, texts: tuple[str, ...]) -> float:
    from training.encoders.known import unread

    return unread(reading.loaded(place, judged, "float32"), texts)


def folder(name: str) -> tuple[Path, str | None]:
    """(folder, name to judge it by) of a language model. Raises folders.Refused."""
    if name in ("auto", "minilm"):
        return minilm.model_folder(), None
    return folders.sound(name), name


def encode(
    name: str,
    texts: Sequence[str],
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
    dtype: Precision = "float32",
) -> tuple[np.ndarray, Choice]:
    """(unit vectors float32 (len(texts), d), what was chosen) by the encoder of this name.

    name: "auto", "minilm", "characters" or one of the admin's list. dtype: float32 agrees with
    the reference to 1e-5; bfloat16 is two to three times as fast where the processor multiplies
    it, and moves a number by up to .003. Raises folders.Refused.
    """
    chosen = choose(name, texts)
    if chosen.name == "characters":
        return characters.encode(texts), chosen
    place, judged = folder(chosen.name)
    found = reading.encode(place, texts, name=judged, progress=progress, cache=cache, dtype=dtype)
    return found, chosen
