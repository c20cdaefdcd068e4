"""Rows that are wrong on purpose, each kind with what a careful importer says of it."""

from __future__ import annotations

import numpy as np
import polars as pl

from training.planted.law import DIRT, SHAPES, Plan

CODES = {  # "" = merged with the row it repeats; else the reason in training.clean.reasons
    "duplicate": "",
    "no-user": "id-empty",
    "damaged-item": "id-spreadsheet-damage",
    "control-character": "id-control-character",
    "bad-time": "time-unreadable",
    "future-time": "time-future",
    "bad-value": "value-unreadable",
    "infinite-value": "value-not-finite",
    "huge-value": "value-out-of-range",
    "extra-cell": "row-too-long",
    "missing-cell": "row-too-short",
    "stray-quote": "quote-stray",
}
CELLS = {  # kind -> column, what stands there
    "no-user": ("user_id", ""),
    "damaged-item": ("item_id", "1.23457E+17"),
    "control-character": ("item_id", "i\x01"),
    "bad-time": ("timestamp", "2024-13-45"),
    "future-time": ("timestamp", "4070908800"),  # 2099
    "bad-value": ("dwell_seconds", "long"),
    "infinite-value": ("dwell_seconds", "inf"),
    "huge-value": ("dwell_seconds", "1e12"),
}


def choose(plan: Plan, number: int, first: int, length: int) -> dict[str, np.ndarray]:
    """Kind -> places (int64) of the dirty rows in piece `number`, which starts at row `first`.

    The kinds share no row, and of every kind the whole log has its share, rounded down.
    """
    rng = np.random.default_rng([plan.seed, 2, number])
    places = rng.permutation(length)
    found = {}
    for kind in DIRT:
        share = plan.dirt.get(kind, 0.0)
        count = int(share * (first + length)) - int(share * first)
        found[kind], places = np.sort(places[:count]), places[count:]
    sources = places[: len(found["duplicate"])]  # clean rows that the duplicates repeat
    found["duplicate"] = found["duplicate"][: len(sources)]
    return {**found, "": sources}


def spoil(cells: pl.DataFrame, chosen: dict[str, np.ndarray]) -> pl.DataFrame:
    """The rows as text with wrong cells in their places; wrong shapes come when they are lines."""
    if not any(len(places) for places in chosen.values()):
        return cells
    order = np.arange(len(cells))
    order[chosen["duplicate"]] = chosen[""][: len(chosen["duplicate"])]
    cells = cells[order]
    changed = {name: cells[name].to_list() for name in dict(CELLS.values())}
    for kind, (column, text) in CELLS.items():
        for place in chosen[kind].tolist():
            changed[column][place] = text
    return cells.with_columns(
        pl.Series(name, texts, dtype=pl.String) for name, texts in changed.items()
    )


def break_lines(lines: list[str], chosen: dict[str, np.ndarray], delimiter: str) -> None:
    """Give lines of a text table the wrong shape, in place."""
    for kind in SHAPES:
        for place in chosen[kind].tolist():
            line = lines[place]
            if kind == "extra-cell":
                lines[place] = line + delimiter + "more"
            elif kind == "missing-cell":
                lines[place] = line.rpartition(delimiter)[0]
            else:
                lines[place] = '"a" note' + line[line.index(delimiter) :]
