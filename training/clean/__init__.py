"""The truth about rows: a file on disk becomes clean columns, and an account of every other row.

reasons.py   every code with its words in both languages    report.py   what goes in and out
source.py    bytes, plain or gzip, under a guard            sniff.py    type, encoding, delimiter
guess.py     the encoding of what is not UTF-8
formats.py   which reader, and does the name lie            table.py    what each reader gives
rows.py jsonl.py parquet.py sheet.py  the readers           aside.py    a preview in a child
mapping.py   which column is which                          account.py  what was put aside
ids.py values.py times.py events.py  one check each         warnings.py what will hurt later
interactions.py catalogue.py triples.py  the kinds of file
lists.py  a user a line: sequences and counted lists
plain.py  lines without quotes by columns              columns.py extras.py duplicates.py  and after
wide.py   full-width digits
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, overload

from training.clean import aside, catalogue, guess, interactions, triples
from training.clean.account import sample, shown_encoding
from training.clean.formats import BINARY, form, open_table
from training.clean.mapping import FIELDS, REQUIRED, missing, settle
from training.clean.reasons import NOTES, REASONS, REFUSALS, ROWS, Refused
from training.clean.report import (
    BadRow,
    Catalogue,
    Interactions,
    Kind,
    Limits,
    Note,
    Options,
    People,
    Preview,
    Progress,
    Reading,
    Report,
    Triples,
)
from training.clean.rows import undecodable
from training.clean.source import Source
from training.clean.table import Table

__all__ = [
    "FIELDS",
    "NOTES",
    "REASONS",
    "REFUSALS",
    "REQUIRED",
    "ROWS",
    "BadRow",
    "Catalogue",
    "Interactions",
    "Kind",
    "Limits",
    "Note",
    "Options",
    "People",
    "Preview",
    "Progress",
    "Reading",
    "Refused",
    "Report",
    "Triples",
    "clean",
    "preview",
]

DEFAULT = Options()


@overload
def clean(
    path: Path,
    kind: Literal["interactions"],
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options = DEFAULT,
    name: str | None = None,
    progress: Progress | None = None,
) -> Interactions: ...
@overload
def clean(
    path: Path,
    kind: Literal["items"],
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options = DEFAULT,
    name: str | None = None,
    progress: Progress | None = None,
) -> Catalogue: ...
@overload
def clean(
    path: Path,
    kind: Literal["users"],
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options = DEFAULT,
    name: str | None = None,
    progress: Progress | None = None,
) -> People: ...
@overload
def clean(
    path: Path,
    kind: Literal["triples"],
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options = DEFAULT,
    name: str | None = None,
    progress: Progress | None = None,
) -> Triples: ...


def clean(
    path: Path,
    kind: Kind,
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options = DEFAULT,
    name: str | None = None,
    progress: Progress | None = None,
) -> Interactions | Catalogue | People | Triples:
    """Accept, merge or quarantine every row of a CSV, TSV, JSON lines, Parquet or XLSX file.

    mapping: field (FIELDS[kind]) -> column, None = guess by names and values. name: what the
    uploader called the file, when path does not tell. progress(rows, bytes, bytes in all) may
    raise to cancel, and that passes through.
    Raises Refused when the whole file is useless, OSError when it cannot be read.
    """
    try:
        options = guess.settle(path, options, likely=False).options
        table = open_table(path, kind, options, name or path.name)
        try:
            return KINDS[kind](table, mapping, options, progress)
        finally:
            table.close()
    except UnicodeError as error:
        raise undecodable(path, options) from error
    except MemoryError as error:
        raise Refused("too-much-memory") from error


KINDS: dict[
    Kind,
    Callable[
        [Table, Mapping[str, str] | None, Options, Progress | None],
        Interactions | Catalogue | People | Triples,
    ],
] = {
    "interactions": interactions.clean,
    "items": catalogue.clean_items,
    "users": catalogue.clean_users,
    "triples": triples.clean_triples,
}


def preview(
    path: Path,
    kind: Kind,
    mapping: Mapping[str, str] | None = None,
    *,
    options: Options = DEFAULT,
    name: str | None = None,
) -> Preview:
    """Header, mapping and five rows of a file, after reading at most its first 200 lines.

    A required field without a column is named in `missing`, not refused: the page asks for it.
    The encoding may be a guess that `clean` would not take: `readings` says what else fits, and
    whoever agrees hands on `encoding` as an option.
    Parquet and XLSX are looked at in a child process with bounded memory and time (about a second).
    Raises Refused as `clean` does for what the top of the file shows.
    """
    found = guess.settle(path, options, likely=True)
    options = found.options
    if form(Source(path, options.limits), options, name or path.name) in BINARY:
        return aside.preview(path, kind, mapping, options, name or path.name)
    seen = look(path, kind, mapping, options, name or path.name)
    return replace(seen, readings=found.readings, sure=found.sure)


def look(
    path: Path, kind: Kind, mapping: Mapping[str, str] | None, options: Options, name: str
) -> Preview:
    """`preview` in this very process."""
    try:
        table = open_table(path, kind, options, name)
    except UnicodeError as error:
        raise undecodable(path, options) from error
    except MemoryError as error:
        raise Refused("too-much-memory") from error
    try:
        found = settle(table.header, table.sample, kind, mapping)
    finally:
        table.close()
    return Preview(
        kind=kind,
        encoding=shown_encoding(table),
        delimiter=table.delimiter,
        columns=table.header,
        mapping=found,
        missing=missing(found, kind),
        sample=sample(table),
        form=table.form,
    )
