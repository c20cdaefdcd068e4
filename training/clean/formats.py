"""Which format a file has. Its bytes decide; a name that says something else is refused."""

from __future__ import annotations

from pathlib import Path

from training.clean import sniff
from training.clean.reasons import Refused
from training.clean.report import Kind, Options
from training.clean.source import Source
from training.clean.table import Table

SHOWN = {
    "text": "text",
    "jsonl": "JSON lines",
    "parquet": "Parquet",
    "xlsx": "Excel (xlsx)",
    "sequences": "sequences (user item item ...)",
    "counted": "counted lists (count item item ...)",
}
RIGHT = {"text": ".csv", "jsonl": ".jsonl", "parquet": ".parquet", "xlsx": ".xlsx"}
# what a name promises; "" = something that is never read. Others, as .txt, promise nothing.
CLAIMS = {
    ".csv": "text",
    ".tsv": "text",
    ".tab": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    **dict.fromkeys((".zip", ".xls", ".bz2", ".xz", ".zst", ".7z", ".tar", ".sqlite"), ""),
}
BINARY = ("parquet", "xlsx")  # read by foreign parsers: never in the process that answers people


def form(source: Source, options: Options, name: str) -> str:
    """text, jsonl, parquet or xlsx. Raises Refused on anything else and on a name that lies."""
    found = sniff.find_form(source.head, options.encoding)
    _check_name(name, found, source.packed)
    return found


def open_table(path: Path, kind: Kind, options: Options, name: str) -> Table:
    """The table in a file, whatever its format. Raises Refused, UnicodeError, OSError."""
    source = Source(path, options.limits)
    if not source.head.strip():
        _check_blank(source)
    found = form(source, options, name)
    table: Table
    if options.format != "events":
        table, found = _lists(source, kind, options, found), options.format
    elif found == "parquet":  # imported late: each door needs one of them
        from training.clean.parquet import Parquet

        table = Parquet(source)
    elif found == "xlsx":
        from training.clean.sheet import Sheet

        table = Sheet(source)
    elif found == "jsonl":
        from training.clean.jsonl import JsonLines

        table = JsonLines(source, options)
    else:
        from training.clean.rows import Text

        table = Text(source, kind, options)
    table.form, table.packed = found, source.packed
    return table


def _lists(source: Source, kind: Kind, options: Options, found: str) -> Table:
    from training.clean.lists import FORMATS, Lists

    if options.format not in FORMATS:
        raise Refused("format-unknown", form=str(options.format)[:20])
    if found != "text" or kind != "interactions":
        raise Refused("lists-not-text", form=options.format, found=SHOWN[found])
    return Lists(source, options)


def _check_name(name: str, found: str, packed: bool) -> None:
    whole = Path(name.lower())
    suffix = whole.suffix
    if packed != (suffix == ".gz") and (suffix == ".gz" or suffix in CLAIMS):
        shown = "gzip" if packed else SHOWN[found]
        right = f"{suffix}.gz" if packed else RIGHT[found]
        raise _lie(suffix, shown, right, plain=found == "text" and not packed)
    inner = Path(whole.stem).suffix if suffix == ".gz" else suffix
    if CLAIMS.get(inner, found) != found:
        raise _lie(inner, SHOWN[found], RIGHT[found], plain=found == "text")


def _lie(suffix: str, found: str, right: str, *, plain: bool) -> Refused:
    if plain:
        return Refused("name-lies", suffix=suffix)
    return Refused("other-type", suffix=suffix, found=found, right=right)


def _check_blank(source: Source) -> None:
    with source.open() as stream:
        while block := stream.read(2**20):
            if block.strip():
                return
    raise Refused("empty")
