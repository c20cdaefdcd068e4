"""A log whose law is known: made by parameters, in constant memory, for tests, demos and scale.

law.py    the plan and its world: items, popularity, tastes    draw.py   events, piece by piece
dirt.py   rows that are wrong on purpose                       words.py  titles and topics
files.py  the formats
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from training.planted import draw, files, words
from training.planted.dirt import CODES, choose, spoil
from training.planted.law import CHUNK, DIRT, SHAPES, Plan, World

__all__ = ["CODES", "DIRT", "Plan", "World", "cells", "make", "make_items"]

Progress = Callable[[int, int], None]  # rows done, rows in all; may raise to stop


def make(plan: Plan, path: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Write the log of a plan, and beside it what is true of it.

    `NAME.truth.json` holds the plan, the counts that an import must show and the bots;
    `NAME.dirty.csv` the line, kind and expected reason of every dirty row. Returns the former.
    Raises ValueError when the format cannot hold a kind of dirt.
    """
    broken = [kind for kind in SHAPES if plan.dirt.get(kind)]
    found = files.form(path)
    if broken and found not in files.TEXT:
        raise ValueError(f"{broken[0]} is dirt of CSV and TSV only, not of {path.name}")
    world = World(plan)
    counts = dict.fromkeys((*DIRT, "bot-rows"), 0)
    with path.with_name(f"{path.name}.dirty.csv").open("w", encoding="utf-8") as dirty:
        dirty.write("line,kind,code\n")

        def pieces() -> Iterator[files.Piece]:
            first = 0
            for number in range(plan.chunks):
                events = draw.chunk(world, number)
                chosen = choose(plan, number, first, len(events))
                yield spoil(cells(world, events), chosen), chosen
                _note(dirty.write, chosen, first + files.first_line(path))
                for kind in DIRT:
                    counts[kind] += len(chosen[kind])
                counts["bot-rows"] += int(events.bot.sum())
                first += len(events)
                if progress is not None:
                    progress(first, plan.rows)

        files.write(path, pieces())
    truth = _truth(plan, counts)
    text = json.dumps(truth, indent=1, ensure_ascii=False)
    path.with_name(f"{path.name}.truth.json").write_text(text + "\n", encoding="utf-8")
    return truth


def make_items(plan: Plan, path: Path) -> int:
    """Write the catalogue of a plan: id, title, categories, year, description. How many items."""
    rows = words.catalogue(World(plan))

    def pieces() -> Iterator[files.Piece]:
        while block := [row for _, row in zip(range(CHUNK), rows, strict=False)]:
            yield pl.DataFrame(block), dict.fromkeys((*DIRT, ""), np.zeros(0, dtype=np.int64))

    files.write(path, pieces())
    return plan.items


def cells(world: World, events: draw.Chunk) -> pl.DataFrame:
    """The rows of a chunk as text, one column a field of the log."""
    names = np.array(draw.EVENTS)
    frame = pl.DataFrame(
        {
            "user_id": events.users + 1,
            "item_id": world.names[events.items],
            "event": names[events.events],
            "dwell_seconds": np.round(events.dwell, 1),
            "timestamp": events.at,
            "session_id": events.sessions,
        }
    )
    return frame.select(
        pl.format("u{}", "user_id").alias("user_id"),
        pl.format("i{}", "item_id").alias("item_id"),
        "event",
        pl.col("dwell_seconds").cast(pl.String),
        pl.col("timestamp").cast(pl.String),
        pl.format("s{}", "session_id").alias("session_id"),
    )


def _note(write: Callable[[str], object], chosen: dict[str, np.ndarray], first: int) -> None:
    rows = [(place, kind) for kind in DIRT for place in chosen[kind].tolist()]
    for place, kind in sorted(rows):
        write(f"{first + place},{kind},{CODES[kind]}\n")


def _truth(plan: Plan, counts: dict[str, int]) -> dict[str, Any]:
    dirty = {kind: {"rows": counts[kind], "code": CODES[kind]} for kind in DIRT if counts[kind]}
    aside = sum(counts[kind] for kind in DIRT if CODES[kind])
    twice = counts["duplicate"]
    return {
        "plan": dataclasses.asdict(plan),
        "rows_in": plan.rows,
        "accepted": plan.rows - aside - twice,
        "duplicates": twice,
        "quarantined": aside,
        "dirty": dirty,
        "bots": {"rows": counts["bot-rows"], "ids_above": f"u{plan.users}"},
        "slope": plan.slope,
    }
