"""The truth about rows: a file on disk becomes clean columns, and an account of every other row.

reasons.py  every code with its words in both languages     report.py        what goes in and out
sniff.py    type, encoding, delimiter                       rows.py          rows with line numbers
mapping.py  which column is which                           account.py       what was put aside
ids.py values.py times.py events.py  one check each         interactions.py catalogue.py  the kinds
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, overload

from training.clean import catalogue, interactions
from training.clean.account import sample, shown_encoding
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
    Report,
)
from training.clean.rows import Table, undecodable

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
    "Refused",
    "Report",
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


def clean(
    path: Path,
    kind: Kind,
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options = DEFAULT,
    name: str | None = None,
    progress: Progress | None = None,
) -> Interactions | Catalogue | People:
    """Accept, merge or quarantine every row of a CSV/TSV file.

    mapping: field (FIELDS[kind]) -> column, None = guess by names and values. name: what the
    uploader called the file, when path does not tell. progress(rows, bytes, bytes in all) may
    raise to cancel, and that passes through.
    Raises Refused when the whole file is useless, OSError when it cannot be read.
    """
    try:
        table = Table(path, kind, options, name or path.name)
        try:
            if kind == "interactions":
                return interactions.clean(table, mapping, options, progress)
            if kind == "items":
                return catalogue.clean_items(table, mapping, options, progress)
            return catalogue.clean_users(table, mapping, options, progress)
        finally:
            table.close()
    except UnicodeError as error:
        raise undecodable(path, options) from error


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
    Raises Refused as `clean` does for what the top of the file shows.
    """
    try:
        table = Table(path, kind, options, name or path.name)
    except UnicodeError as error:
        raise undecodable(path, options) from error
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
    )
