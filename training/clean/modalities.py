"""Vectors that a catalogue brings along: what other models made of images, sound or anything else.

A column whose name ends in vector, embedding or 向量 ("image_vector") holds a list of numbers in
each cell: 0.1 -0.3 ..., with blanks, commas or semicolons, with or without brackets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

ENDINGS = re.compile(r"(?:^|[\s_.-])(?:vectors?|vec|embeddings?|emb)$", re.IGNORECASE)
CHINESE = ("向量", "嵌入")
BETWEEN = re.compile(r"[\s,;]+")
LEAST = 2  # numbers of a vector
MOST = 4096
LARGEST = 1e6  # a number beyond it is no coordinate; the square of its sum must stay in float32


@dataclass(frozen=True)
class Modality:
    """One column. vectors float32 (n_items, d), a row of NaN = none; unread: cells that hold no
    vector of the usual length, which count as none.
    """

    name: str
    column: str
    vectors: np.ndarray
    unread: int

    @property
    def known(self) -> int:
        """Items with a vector."""
        return int((~np.isnan(self.vectors[:, 0])).sum())


def modality(column: str) -> str:
    """What a column's vectors are of: "image" of "image_vector", itself of "vector"; "" = none."""
    name = column.strip()
    found = ENDINGS.search(name)
    if found:
        return name[: found.start()] or name
    cut = next((name.removesuffix(word) for word in CHINESE if name.endswith(word)), name)
    return "" if cut == name else cut.rstrip(" _.-") or name


def read(attributes: Sequence[Mapping[str, str]]) -> tuple[Modality, ...]:
    """The vectors among the attributes of items, in the order of the columns' names.

    The length that most cells of a column have is the column's; a column in which fewer than half
    of the filled cells hold a vector of that length is no column of vectors.
    """
    columns = sorted({name for row in attributes for name in row if modality(name)})
    found = (_column(name, [row.get(name, "") for row in attributes]) for name in columns)
    kept: dict[str, Modality] = {}
    for each in found:
        if each is not None and each.name not in kept:  # of two of one name the first
            kept[each.name] = each
    return tuple(kept.values())


def seems(column: str, cells: Sequence[str]) -> bool:
    """Whether a column is one of vectors, by its name and its first cells, which may be cut."""
    filled = [cell for cell in cells if cell.strip()]
    if not modality(column) or not filled:
        return False
    parts = BETWEEN.split(filled[0].strip())
    return vector(" ".join(parts[:LEAST])) is not None


def without(
    attributes: Sequence[dict[str, str]], found: Sequence[Modality]
) -> tuple[dict[str, str], ...]:
    """The attributes that are words: numbers of a vector are nothing that a reader should read."""
    columns = {each.column for each in found}
    if not columns:
        return tuple(attributes)
    return tuple(
        {name: text for name, text in row.items() if name not in columns} for row in attributes
    )


def _column(name: str, cells: list[str]) -> Modality | None:
    rows = {place: vector(cell) for place, cell in enumerate(cells) if cell}
    lengths = Counter(len(row) for row in rows.values() if row is not None)
    if not lengths:
        return None
    # of two lengths that are as frequent the larger: a cut line is shorter, never longer
    length, count = max(lengths.items(), key=lambda pair: (pair[1], pair[0]))
    if count * 2 < len(rows):
        return None
    vectors = np.full((len(cells), length), np.nan, dtype=np.float32)
    for place, row in rows.items():
        if row is not None and len(row) == length:
            vectors[place] = row
    return Modality(modality(name), name, vectors, len(rows) - count)


def vector(cell: str) -> np.ndarray | None:
    """The numbers of a cell, float32 (d,), or None where it is no list of finite numbers."""
    parts = BETWEEN.split(cell.strip().strip("[](){}").strip())
    if not LEAST <= len(parts) <= MOST:
        return None
    try:
        found = np.array(parts, dtype=np.float64)
    except ValueError:
        return None
    sound = np.isfinite(found).all() and np.abs(found).max() <= LARGEST
    return found.astype(np.float32) if sound else None
