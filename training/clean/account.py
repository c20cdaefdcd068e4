"""The account of one file while it is read: what was put aside, why, and what is worth a note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from training.clean import formats
from training.clean.mapping import describing, require, settle
from training.clean.reasons import Refused
from training.clean.report import BadRow, Kind, Note, Options, Report
from training.clean.table import Chunk, Fault, Table

SHOWN = {"\t": "tab"}
SAMPLE_CELL = 500


class Account:
    """Counts of one file. The identity rows_in = accepted + duplicates + quarantined is checked."""

    def __init__(
        self, table: Table, kind: Kind, given: Mapping[str, str] | None, options: Options
    ) -> None:
        self.table = table
        self.kind: Kind = kind
        self.options = options
        self.mapping = settle(table.header, table.sample, kind, given)
        require(table.header, self.mapping, kind, anonymous=bool(options.anonymous))
        self.places = {field: table.header.index(name) for field, name in self.mapping.items()}
        self.rows_in = 0
        self.reasons: Counter[str] = Counter()
        self.kept: list[BadRow] = []
        self.notes: list[Note] = []

    def note(self, code: str, **args: str | int | float) -> None:
        """Say something about the file as a whole."""
        self.notes.append(Note(code, args))

    def chunk(self, chunk: Chunk, faults: Mapping[int, Fault]) -> None:
        """Count one chunk: its rows, the broken ones, and those that a check put aside."""
        self.rows_in += len(chunk) + len(chunk.broken)
        self.reasons.update(row.code for row in chunk.broken)
        self.reasons.update(fault[1] for fault in faults.values())
        room = self.options.limits.kept - len(self.kept)
        if room > 0 and (faults or chunk.broken):
            first = sorted(faults)[:room]
            bad = chunk.broken + [chunk.bad(place, faults[place]) for place in first]
            self.kept += sorted(bad, key=lambda row: row.line)[:room]

    def headers(self, chunk: Chunk) -> dict[int, Fault]:
        """Rows that say the header again, as files do that were made of several ones."""
        table = self.table
        if table.form not in ("text", "xlsx") or not self.options.header:
            return {}
        names = ["" if name == f"({n})" else name for n, name in enumerate(table.header, start=1)]
        cells = chunk.cells(0)
        # a file that was appended may have brought its byte order mark along
        hits = (cells == names[0]) | (cells == "\ufeff" + names[0])
        return {
            place: ("", "header-again", {})
            for place in hits.arg_true().to_list()
            if [cell.strip() for cell in chunk.row(place)[1:]] == names[1:]
        }

    def report(self, accepted: int, duplicates: int) -> Report:
        """The finished account. Raises Refused when there was no row at all."""
        if not self.rows_in:
            raise Refused("no-rows")
        if self.rows_in != accepted + duplicates + self.reasons.total():
            raise AssertionError("rows went missing in cleaning")  # a bug of ours, never of a file
        table = self.table
        return Report(
            kind=self.kind,
            encoding=shown_encoding(table),
            delimiter=table.delimiter,
            columns=table.header,
            mapping=self.mapping,
            sample=sample(table),
            rows_in=self.rows_in,
            accepted=accepted,
            duplicates=duplicates,
            reasons=dict(self.reasons),
            quarantine=tuple(self.kept),
            notes=(*self._reading(), *self.notes),
            bad_share=self.options.limits.bad_share,
            form=table.form,
        )

    def _reading(self) -> list[Note]:
        table = self.table
        notes = []
        if table.form != "text" or table.packed:
            packed = ", gzip" if table.packed else ""
            notes.append(Note("format", {"format": formats.SHOWN[table.form] + packed}))
        if table.encoding and table.encoding != "utf-8-sig":
            notes.append(Note("encoding", {"encoding": shown_encoding(table)}))
        if table.delimiter not in ("", ","):
            shown = SHOWN.get(table.delimiter, table.delimiter)
            notes.append(Note("delimiter", {"delimiter": shown}))
        ignored = [name for name in table.header if name not in self.mapping.values()]
        if ignored and self.kind == "interactions":
            notes.append(Note("columns-ignored", {"columns": ", ".join(ignored)[:1000]}))
        if telling := describing(self.kind, ignored):
            notes.append(Note("columns-of-items", {"columns": ", ".join(telling)[:1000]}))
        return [*notes, *table.notes()]


def sample(table: Table) -> tuple[tuple[str, ...], ...]:
    """The first five rows, long cells cut."""
    return tuple(tuple(cell[:SAMPLE_CELL] for cell in row) for row in table.sample[:5])


def shown_encoding(table: Table) -> str:
    """The encoding by its everyday name, or the format where there is none to choose."""
    return table.encoding.removesuffix("-sig") or formats.SHOWN[table.form]
