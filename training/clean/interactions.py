"""An event file to arrays: ids to codes, events, values and times, and which rows to put aside."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from training.clean import extras, times, values, warnings
from training.clean.account import Account
from training.clean.columns import Columns
from training.clean.duplicates import drop
from training.clean.events import MOST, Events
from training.clean.extras import CONTEXT, Extras
from training.clean.ids import MISSING, Ids, twins
from training.clean.mapping import RATINGS, plain
from training.clean.reasons import Refused, Value
from training.clean.report import Interactions, Options, Progress
from training.clean.table import Chunk, Fault, Table
from training.order import ORDER
from training.workspace import Workspace, nothing

EVENT_OF = {
    **dict.fromkeys(("plays", "playcount", "播放次数", "playtime", "playtimeforever"), "play"),
    **dict.fromkeys(("hours", "游戏时长"), "play"),
    **dict.fromkeys(("watchratio", "watchseconds", "playduration", "观看比例"), "watch"),
    **dict.fromkeys(("click", "clicked", "是否点击"), "impression"),
    **dict.fromkeys(("readseconds", "阅读时长"), "read"),
    **dict.fromkeys(("giftvalue", "礼物价值"), "gift"),
}
SEARCHES = ("search", "query", "搜索", "检索")
Arrays = dict[str, np.ndarray]
DTYPES: dict[str, type] = {
    "users": np.int32,
    "items": np.int32,
    "events": np.int16,
    "values": np.float32,
    "at": np.uint32,  # until 2106; wider only when all rows are there
    "lines": np.int64,
}


def clean(
    table: Table, given: Mapping[str, str] | None, options: Options, progress: Progress | None
) -> Interactions:
    """Check every row of an event table. Raises Refused; lets through what progress raises."""
    work = _Work(Account(table, "interactions", given, options), options)
    columns = work.columns()
    try:
        for chunk in table.chunks(progress):
            columns.add(work.chunk(chunk))
        return work.result(columns.take(), work.space(progress))
    except BaseException:
        columns.close()
        if work.extras is not None:
            work.extras.close()
        raise


class _Work:
    """What is carried from chunk to chunk."""

    def __init__(self, account: Account, options: Options) -> None:
        self.account = account
        self.options = options
        self.now = time.time() if options.now is None else options.now
        self.users, self.items = Ids(options), Ids(options)
        self.events = Events(options)
        self.forms: set[str] = set()
        self.zoneless = 0
        self.ordered = account.table.ordered and account.mapping.get("at") == "at"
        times.check_zone(options.zone)
        self.scale = self._scale()
        self.event = options.event or self._usual_event()
        self.more = [name for name in ("session", *CONTEXT) if name in account.places]
        self.extras = Extras(options.folder) if self.more else None

    def columns(self) -> Columns:
        """Room for the rows of the file."""
        table = self.account.table
        plain = (
            table.form == "text" and not table.packed and not table.encoding.startswith("utf-16")
        )
        size = table.size if plain else None
        short = size is not None and size < 2**31  # then line numbers take four bytes
        lines = {"lines": np.int32 if short else np.int64}
        return Columns({**DTYPES, **lines}, table.limits.rows, size, self.options.folder)

    def space(self, progress: Progress | None) -> Workspace:
        """Once all is read, progress may raise as before; it is told the same numbers again."""
        end = (self.account.rows_in, self.account.table.size, self.account.table.size)
        return Workspace(
            self.options.folder, nothing if progress is None else lambda: progress(*end)
        )

    def result(self, columns: Arrays, space: Workspace) -> Interactions:
        """The accepted rows, the last of equal ones, and the account of all."""
        if not len(columns["users"]) and not self.account.rows_in:
            raise Refused("no-rows")
        rows = len(columns["users"])
        kept = drop(columns, space)
        if kept is not None and self.extras is not None:
            self.extras.keep(kept)
        accepted = len(columns["users"])
        columns["at"] = _seconds(columns["at"], ORDER if self.ordered else 0, space)
        user_ids = _only(self.users.texts, columns["users"], space)
        item_ids = _only(self.items.texts, columns["items"], space)
        event_names = _only(self.events.texts, columns["events"], space)
        self.notes(columns, user_ids, item_ids, space)
        return Interactions(
            report=self.account.report(accepted=accepted, duplicates=rows - accepted),
            user_ids=user_ids,
            item_ids=item_ids,
            event_names=event_names,
            users=columns["users"],
            items=columns["items"],
            events=columns["events"],
            values=columns["values"],
            at=columns["at"] if "at" in self.account.places else None,
            lines=columns["lines"],
            extras=self.extras,
        )

    def chunk(self, chunk: Chunk) -> Arrays:
        """Codes and numbers of the rows of one chunk that stand every check."""
        faults: dict[int, Fault] = {}
        columns: Arrays = {"lines": np.array(chunk.lines, dtype=np.int64)}
        columns["at"] = self._times(chunk, faults)
        columns["values"] = self._values(chunk, faults)
        columns["events"] = self._events(chunk, faults)
        # later checks write over earlier ones: a row is put aside for its leftmost field
        searches = np.isin(columns["events"], self.events.places(SEARCHES))
        columns["items"] = self._ids("item", self.items, chunk, faults, searches)
        texts = self._texts(chunk, faults)
        columns["users"] = self._people(chunk, faults, texts)
        faults |= self.account.headers(chunk)
        self.account.chunk(chunk, faults)
        good = np.ones(len(chunk), dtype=bool)
        good[list(faults)] = False
        if self.extras is not None and texts is not None:
            self.extras.add(texts.filter(pl.Series(good)))
        if not faults:
            return columns
        return {name: column[good] for name, column in columns.items()}

    def _texts(self, chunk: Chunk, faults: dict[int, Fault]) -> pl.DataFrame | None:
        """Sessions and context; what no database holds is a fault."""
        if self.extras is None:
            return None
        cells = {name: chunk.cells(self.account.places[name]) for name in self.more}
        for name, column in cells.items():
            for place in column.str.contains("\x00", literal=True).arg_true().to_list():
                args: dict[str, Value] = {"character": "U+0000"}
                faults[place] = (self.account.mapping[name], "text-control-character", args)
        return extras.texts(cells)

    def _people(
        self, chunk: Chunk, faults: dict[int, Fault], texts: pl.DataFrame | None
    ) -> np.ndarray:
        """Codes of the users; without such a column each session, or each row, is somebody."""
        if "user" in self.account.places:
            return self._ids("user", self.users, chunk, faults, np.zeros(len(chunk), dtype=bool))
        prefix = f"row-{self.options.anonymous}-"
        names = prefix + pl.Series(chunk.lines, dtype=pl.Int64).cast(pl.String)
        if texts is not None and "session" in self.more:
            names = ("session-" + texts["session"]).fill_null(names)
        return self.users.codes(names)

    def notes(
        self,
        columns: Arrays,
        user_ids: Sequence[str],
        item_ids: Sequence[str],
        space: Workspace,
    ) -> None:
        """Notes on the accepted rows as a whole."""
        note = self.account.note
        trimmed = self.users.trimmed + self.items.trimmed
        if trimmed:
            note("ids-trimmed", count=trimmed)
        self.account.notes += [*twins(user_ids), *twins(item_ids)]
        timed = "at" in self.account.places and not self.ordered
        self.account.notes += warnings.warn(columns, user_ids, item_ids, space, timed=timed)
        if "event" not in self.account.places:
            note("event-assumed", event=self.event)
        if self.scale is not None and self.options.scale is None and self._rated():
            ends = dict(zip(("low", "high"), map(_whole, self.scale), strict=True))
            seen = space.ends(columns["values"])
            if seen is not None:
                note("scale-seen", least=_whole(seen[0]), most=_whole(seen[1]), **ends)
            else:
                note("scale-guessed", **ends)
        if not timed:
            note("order-only" if self.ordered else "no-times")
            return
        if len(self.forms) > 1:
            note("times-mixed", forms=", ".join(sorted(self.forms)))
        if self.zoneless:
            note("zone-assumed", count=self.zoneless, zone=self.options.zone)
        when = space.ends(columns["at"])
        if len(columns["at"]) > 1 and when is not None and when[0] == when[1]:
            note("one-time")

    def _cells(self, field: str, chunk: Chunk) -> pl.Series | None:
        place = self.account.places.get(field)
        return None if place is None else chunk.cells(place)

    def _ids(
        self, field: str, ids: Ids, chunk: Chunk, faults: dict[int, Fault], optional: np.ndarray
    ) -> np.ndarray:
        """Codes of an id column; -1 and no fault where an `optional` one is empty (a search)."""
        codes = ids.codes(chunk.cells(self.account.places[field])).copy()
        column = self.account.mapping[field]
        for place in np.flatnonzero(codes < 0).tolist():
            code, args = ids.fault(int(codes[place]))
            if optional[place] and code in MISSING:
                codes[place] = -1
            else:
                faults[place] = (column, code, args)
        return codes

    def _events(self, chunk: Chunk, faults: dict[int, Fault]) -> np.ndarray:
        cells = self._cells("event", chunk)
        if cells is None:
            return np.full(len(chunk), self.events[self.event], dtype=np.int16)
        codes = self.events.codes(cells)
        column = self.account.mapping["event"]
        if len(self.events.texts) > MOST:
            raise Refused("too-many-events", column=column, limit=MOST)
        for place in np.flatnonzero(codes < 0).tolist():
            cell = cells[place].strip()
            faults[place] = (column, *self.events.fault(int(codes[place]), cell))
        return codes

    def _values(self, chunk: Chunk, faults: dict[int, Fault]) -> np.ndarray:
        cells = self._cells("value", chunk)
        if cells is None:
            return np.full(len(chunk), np.nan, dtype=np.float32)
        found = values.parse(cells, self.options, self.scale)
        column = self.account.mapping["value"]
        optional = "event" in self.account.places  # a view has no rating: empty is then no fault
        for place, (code, args) in found.faults.items():
            if not (optional and code == "value-empty"):
                faults[place] = (column, code, args)
        return found.values

    def _times(self, chunk: Chunk, faults: dict[int, Fault]) -> np.ndarray:
        cells = self._cells("at", chunk)
        if cells is None:
            return np.zeros(len(chunk), dtype=np.int64)
        if self.ordered:
            return cells.cast(pl.Int64).to_numpy()
        found = times.parse(cells, self.options, self.now)
        column = self.account.mapping["at"]
        for place, (code, args) in found.faults.items():
            if code == "time-ambiguous":
                value = str(args["value"])
                more = _proof(cells, chunk)
                raise Refused(code, line=chunk.lines[place], column=column, value=value, **more)
            faults[place] = (column, code, args)
        self.forms |= found.forms
        self.zoneless += found.zoneless
        return found.at

    def _rated(self) -> bool:
        return plain(self.account.mapping.get("value", "")) in RATINGS

    def _usual_event(self) -> str:
        """What a row is where no column says it: by the name of the column of values."""
        if self._rated():
            return "rating"
        column = self.account.mapping.get("value", "")
        return EVENT_OF.get(plain(column), self.options.usual if column else "view")

    def _scale(self) -> values.Scale | None:
        place = self.account.places.get("value")
        if place is None:
            return None
        cells = [row[place] for row in self.account.table.sample]
        return values.guess_scale(self.account.mapping["value"], cells, self.options)


def _whole(number: float) -> float | int:
    """5 rather than 5.0, as people write a rating."""
    return int(number) if number == int(number) else round(number, 3)


def _seconds(at: np.ndarray, add: int, space: Workspace) -> np.ndarray:
    """int64 (n,): wide enough for times before 1970, which is where places in an order are."""
    made = space.room(len(at), np.int64)
    for each in space.slices(len(at), at, made):
        made[each] = at[each]
        made[each] += add
    return made


def _only(texts: list[str], codes: np.ndarray, space: Workspace) -> tuple[str, ...]:
    """The texts that accepted rows name, in order of first appearance; the codes follow."""
    used = np.flatnonzero(space.counts(codes, len(texts)))
    place = np.full(len(texts) + 1, -1, dtype=codes.dtype)  # the last place is where -1 looks
    place[used] = np.arange(len(used))
    for each in space.slices(len(codes), codes):
        codes[each] = place[codes[each]]
    return tuple(texts[code] for code in used.tolist())


def _proof(cells: pl.Series, chunk: Chunk) -> dict[str, Value]:
    """A date among these rows that has one order only: nothing is guessed from it, it is said."""
    found = times.proof(cells)
    if found is None:
        return {}
    place, day_first = found
    line = int(chunk.lines[place])
    return {"proof": cells[place][:100], "proof_line": line, "day_first": day_first}
