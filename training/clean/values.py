"""Numbers of a value column, and the scale that ratings are on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from training.clean.mapping import RATINGS, plain
from training.clean.reasons import Value
from training.clean.report import Options
from training.clean.wide import narrow

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|∞)", re.IGNORECASE)
COMMA = re.compile(r"[+-]?[0-9０-９]+[,，][0-9０-９]+")
LARGEST = float(np.finfo(np.float32).max)
Fault = tuple[str, dict[str, Value]]
Scale = tuple[float, float]
TOPS = (1.0, 5.0, 10.0, 20.0, 100.0)
DAY = 86_400.0
# nobody dwells for more than a day on one thing, and no count or duration is below nothing
SECONDS = ("dwell", "dwellseconds", "dwelltime", "seconds", "停留时长", "停留秒数", "停留时间")
COUNTS = ("hours", "duration", "时长", "playcount", "plays", "播放次数", "次数")
SPANS: dict[str, Scale] = {
    **dict.fromkeys(SECONDS, (0.0, DAY)),
    **dict.fromkeys(COUNTS, (0.0, 1e12)),
}
ENOUGH = 20  # ratings in the sample from which a scale may be guessed


@dataclass
class Values:
    """Parsed values: float32 (n,), NaN where faults has the row."""

    values: np.ndarray
    faults: dict[int, Fault] = field(default_factory=dict)


def parse(texts: Sequence[str] | pl.Series, options: Options, scale: Scale | None) -> Values:
    """Read numbers; scale (low, high) bounds them.

    Faults: value-empty, -unreadable, -decimal-comma, -not-finite, -out-of-range.
    """
    cells = pl.Series(texts, dtype=pl.String).str.strip_chars()
    numbers, plainly = _read(cells, options)
    if not plainly.all():
        wide, narrowed = narrow(cells, np.flatnonzero(~plainly))
        numbers = numbers.copy()
        numbers[wide], plainly[wide] = _read(narrowed, options)
    low, high = scale or (-LARGEST, LARGEST)
    if options.cap and scale is not None:
        numbers = np.where(np.isfinite(numbers), np.minimum(numbers, high), numbers)
    with np.errstate(invalid="ignore"):
        sound = plainly & (numbers >= low) & (numbers <= high)
    values = np.where(sound, np.clip(numbers, -LARGEST, LARGEST), np.nan).astype(np.float32)
    faults = {
        place: _fault(cells[place], bool(plainly[place]), float(numbers[place]), low, high)
        for place in np.flatnonzero(~sound).tolist()
    }
    return Values(values, faults)


def _read(cells: pl.Series, options: Options) -> tuple[np.ndarray, np.ndarray]:
    """(numbers float64, NaN where there is none; whether each is plainly written), both (n,)."""
    if options.decimal == ",":
        cells = cells.str.replace(r"^([+-]?[0-9]+),([0-9]+)$", "${1}.${2}")
    numbers = cells.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return numbers, _numbers(cells, numbers)


def _numbers(cells: pl.Series, numbers: np.ndarray) -> np.ndarray:
    """Whether each cell is written as NUMBER says: asked where signs of words are in it only."""
    plainly = np.isfinite(numbers) & ~cells.str.contains("[^0-9.+-]").to_numpy()
    rest = np.flatnonzero(~plainly)
    if len(rest):
        plainly[rest] = cells.gather(rest).str.contains(NUMBER).to_numpy()
    return np.asarray(plainly)


def guess_scale(column: str, texts: Sequence[str], options: Options) -> Scale | None:
    """The scale of a rating column: 0 to the least usual top that holds 95 % of the sample.

    A column of dwell seconds goes to one day, one of counts from 0; another one that is not named
    like a rating has no scale, and a sample of fewer than 20 numbers is not enough to guess.
    """
    if options.scale is not None:
        return options.scale
    if plain(column) in SPANS:
        return SPANS[plain(column)]
    if plain(column) not in RATINGS:
        return None
    found = parse(texts, options, None).values
    found = found[~np.isnan(found)]
    if len(found) < ENOUGH or (found < 0).mean() > 0.05:
        return None
    for top in TOPS:
        if (found <= top).mean() >= 0.95:
            return (0.0, top)
    return None


def _fault(cell: str, number: bool, value: float, low: float, high: float) -> Fault:
    shown: dict[str, Value] = {"value": cell[:100]}
    if not cell:
        return ("value-empty", {})
    if NOT_FINITE.fullmatch(cell) or (number and not np.isfinite(value)):
        return ("value-not-finite", shown)
    if number:
        return ("value-out-of-range", {**shown, "low": low, "high": high})
    return ("value-decimal-comma" if COMMA.fullmatch(cell) else "value-unreadable", shown)
