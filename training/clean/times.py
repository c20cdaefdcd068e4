"""Times as text to epoch seconds UTC. Only forms that can be read in one way are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from training.clean.reasons import Refused, Value
from training.clean.report import Options
from training.clean.wide import narrow

OLDEST = 788_918_400  # 1995-01-01
FAR = 4_102_444_800  # 2100-01-01: from here on no number is taken for seconds
DAY = 86_400
SCALES = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}
ISO = (
    r"^(?<y>[0-9]{4})(?:[-/.]|年)(?<m>[0-9]{1,2})(?:[-/.]|月)(?<d>[0-9]{1,2})日?"
    r"(?:[T ]+(?<h>[0-9]{1,2}):(?<i>[0-9]{2})(?::(?<s>[0-9]{2})(?:[.,][0-9]{1,9})?)?)?"
    r" ?(?<z>Z|z|UTC|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?$"
)
SHORT = (
    r"^(?<d>[0-9]{1,2})[-/.](?<m>[0-9]{1,2})[-/.](?<y>[0-9]{4})"
    r"(?:[T ]+(?<h>[0-9]{1,2}):(?<i>[0-9]{2})(?::(?<s>[0-9]{2})(?:[.,][0-9]{1,9})?)?)?"
    r" ?(?<z>Z|z|UTC|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?$"
)
NUMBER = r"^([+-]?[0-9]{1,19})(?:\.[0-9]{0,9})?$"
Fault = tuple[str, dict[str, Value]]


@dataclass
class Times:
    """Parsed times: at int64 (n,), 0 where faults has the row; forms and zoneless for notes."""

    at: np.ndarray
    faults: dict[int, Fault] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    zoneless: int = 0


def check_zone(zone: str) -> None:
    """Raise Refused when the zone is not one that the time-zone database knows."""
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    except Exception as error:  # polars has no one class for it
        raise Refused("zone-unknown", zone=zone[:100]) from error


def parse(texts: Sequence[str] | pl.Series, options: Options, now: float) -> Times:
    """Read times: epoch s, ms, us, ns by range; ISO 8601, year first; day/month only if chosen.

    Times without zone are taken in options.zone. Faults: time-empty, -unreadable, -out-of-range,
    -too-old (before 1995), -future (over a day after `now`), -gap, -ambiguous (day or month first).
    """
    times = Times(np.zeros(len(texts), dtype=np.int64))
    cells = pl.Series(texts, dtype=pl.String).str.strip_chars()
    numbers = cells.cast(pl.Int64, strict=False)
    rest = numbers.is_null().arg_true()
    if len(rest):  # the slower way for what is no plain whole number: 1700000000.25
        more = cells.gather(rest).str.extract(NUMBER).cast(pl.Int64, strict=False)
        numbers = numbers.scatter(rest, more)
    numeric = numbers.is_not_null().to_numpy()
    if numeric.any():
        _epochs(times, numeric, numbers.fill_null(0).to_numpy(), cells)
    if not numeric.all():
        _calendars(times, np.flatnonzero(~numeric), cells, options)
    if times.faults:
        _wide(times, cells, options, now)
    for place in np.flatnonzero(times.at < OLDEST).tolist():
        times.faults.setdefault(place, ("time-too-old", {"value": cells[place][:100]}))
    for place in np.flatnonzero(times.at > now + DAY).tolist():
        times.faults.setdefault(place, ("time-future", {"value": cells[place][:100]}))
    return times


def _wide(times: Times, cells: pl.Series, options: Options, now: float) -> None:
    """What could not be read may be written in full-width digits: ２０２４－０３－０１."""
    failed = sorted(row for row, fault in times.faults.items() if fault[0] == "time-unreadable")
    places, narrowed = narrow(cells, np.array(failed, dtype=np.int64))
    if not len(places):
        return
    found = parse(narrowed, options, now)
    times.at[places] = found.at
    times.forms |= found.forms
    times.zoneless += found.zoneless
    for row, place in enumerate(places.tolist()):
        del times.faults[place]
        if row in found.faults:
            code, args = found.faults[row]
            times.faults[place] = (code, {**args, "value": cells[place][:100]})


def _epochs(times: Times, numeric: np.ndarray, numbers: np.ndarray, cells: pl.Series) -> None:
    """Whole numbers. The ranges of the units from 1995 to 2100 do not touch one another."""
    known = ~numeric
    for form, scale in SCALES.items():
        hit = numeric & (numbers >= OLDEST * scale) & (numbers < FAR * scale)
        if hit.any():
            times.at[hit] = numbers[hit] // scale
            times.forms.add(form)
            known |= hit
    compact = numeric & (numbers >= 19_950_101) & (numbers <= 20_991_231)
    known |= compact | (numeric & (numbers < OLDEST) & (numbers > -FAR))  # the latter: too old
    days = np.flatnonzero(compact)
    if len(days):
        times.forms.add("YYYYMMDD")
        at, sound = civil(numbers[days] // 10_000, numbers[days] // 100 % 100, numbers[days] % 100)
        times.at[days] = at
        for place in days[~sound].tolist():
            times.faults[place] = ("time-unreadable", {"value": cells[place][:100]})
    for place in np.flatnonzero(~known).tolist():
        times.faults[place] = ("time-out-of-range", {"value": cells[place][:100]})


def _calendars(times: Times, places: np.ndarray, cells: pl.Series, options: Options) -> None:
    """Dates in words: year first always, day or month first when it was said which."""
    texts = cells.gather(places)
    fields = texts.str.extract_groups(ISO).struct.unnest()
    short = texts.str.extract_groups(SHORT).struct.unnest()
    is_short = short["y"].is_not_null().to_numpy()
    if is_short.any() and options.day_first is not None:
        if not options.day_first:
            short = short.rename({"d": "m", "m": "d"})
        columns = list("ymdhisz")
        fields = pl.DataFrame(
            {name: short[name].zip_with(short["y"].is_not_null(), fields[name]) for name in columns}
        )
    read = fields["y"].is_not_null().to_numpy()
    at, sound = _seconds(fields)
    sound &= read
    zoneless = sound & fields["z"].is_null().to_numpy()
    times.zoneless += int(zoneless.sum())
    at, gap = _localise(at, zoneless, options.zone)
    times.at[places[sound]] = at[sound]
    if sound.any():
        times.forms.add("ISO 8601" if options.day_first is None else "date")
    for row in np.flatnonzero(~sound | gap).tolist():
        value = texts[row][:100]
        code = "time-unreadable" if value else "time-empty"
        args: dict[str, Value] = {"value": value} if value else {}
        if gap[row]:
            code, args = "time-gap", {"value": value, "zone": options.zone}
        elif is_short[row] and options.day_first is None and _either(short[row]):
            code = "time-ambiguous"
        times.faults[int(places[row])] = (code, args)


def _either(cell: pl.DataFrame) -> bool:
    """Whether 1/2/2024 is a date at all: 32/99/2024 is none in either order, a bad row only."""
    first, second, year = (cell[name].cast(pl.Int64).to_numpy() for name in "dmy")
    return bool((civil(year, second, first)[1] | civil(year, first, second)[1]).any())


def proof(texts: pl.Series) -> tuple[int, bool] | None:
    """(place of a date that exists in one order only, whether that is day first).

    None where there is none, or where such dates disagree.
    """
    short = texts.str.strip_chars().str.extract_groups(SHORT).struct.unnest()
    names = ("y", "d", "m")
    years, first, second = (
        short[name].cast(pl.Int64, strict=False).fill_null(0).to_numpy() for name in names
    )
    day, month = civil(years, second, first)[1], civil(years, first, second)[1]
    only_day, only_month = day & ~month, month & ~day
    if only_day.any() == only_month.any():
        return None
    return int((only_day | only_month).argmax()), bool(only_day.any())


def _seconds(fields: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(epoch seconds with the zone taken off, whether the date exists), both (n,)."""
    numbers = {
        name: fields[name].cast(pl.Int64, strict=False).fill_null(0).to_numpy() for name in "ymdhis"
    }
    at, sound = civil(numbers["y"], numbers["m"], numbers["d"])
    sound = sound & (numbers["h"] < 24) & (numbers["i"] < 60) & (numbers["s"] < 60)
    zone = fields["z"].fill_null("Z").str.replace(":", "").str.extract(r"^([+-][0-9]{2,4})$")
    digits = zone.str.slice(1)
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    sign = np.where(zone.str.starts_with("-").fill_null(False).to_numpy(), -1, 1)
    sound &= (hours <= 14) & (minutes < 60)
    at = at + numbers["h"] * 3600 + numbers["i"] * 60 + numbers["s"]
    return at - sign * (hours * 3600 + minutes * 60), sound


def _localise(at: np.ndarray, zoneless: np.ndarray, zone: str) -> tuple[np.ndarray, np.ndarray]:
    """(times in UTC, gap): clock times of `zone` made UTC; gap = no such clock time that day."""
    gap = np.zeros(len(at), dtype=bool)
    if zone == "UTC" or not zoneless.any():
        return at, gap
    naive = pl.Series(at[zoneless] * 10**6).cast(pl.Datetime("us"))
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    moved = local.dt.convert_time_zone("UTC").dt.timestamp("us")
    result = at.copy()
    result[zoneless] = moved.fill_null(0).to_numpy() // 10**6
    gap[zoneless] = moved.is_null().to_numpy()
    return result, gap


def civil(years: np.ndarray, months: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(epoch seconds at midnight UTC, whether the date exists), both (n,); 0 where it does not."""
    sound = (years >= 1) & (months >= 1) & (months <= 12) & (days >= 1) & (days <= 31)
    month = np.where(sound, (years - 1970) * 12 + months - 1, 0).astype("datetime64[M]")
    first = month.astype("datetime64[D]")
    length = ((month + 1).astype("datetime64[D]") - first).astype(np.int64)
    sound = sound & (days <= length)
    at = (first.astype(np.int64) + np.where(sound, days - 1, 0)) * DAY
    return np.where(sound, at, 0), sound
