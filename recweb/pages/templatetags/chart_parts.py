"""The table below a chart: the same figures, for those who read rather than see."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from django import template

register = template.Library()
SHOWN = 200  # rows in the page; the CSV has all


class Cell(TypedDict):
    text: str
    number: bool


class Table(TypedDict):
    header: Sequence[object]
    rows: list[list[Cell]]
    left: int
    all: list[list[object]]


@register.filter
def chart_table(table: Mapping[str, Any] | Sequence[Any] | None) -> Table:
    header, rows = _parts(table)
    return {
        "header": header,
        "rows": [[_cell(value) for value in row] for row in rows[:SHOWN]],
        "left": max(0, len(rows) - SHOWN),
        "all": [list(header), *[list(row) for row in rows]],
    }


def _parts(table: Mapping[str, Any] | Sequence[Any] | None) -> tuple[Sequence[object], Any]:
    if not table:
        return (), []
    if isinstance(table, Mapping):
        return table.get("header", ()), list(table.get("rows", ()))
    header, rows = table
    return header, list(rows)


def _cell(value: object) -> Cell:
    if value is None:
        return {"text": "", "number": False}
    if isinstance(value, float):
        return {"text": f"{value:.4g}", "number": True}
    return {"text": str(value), "number": isinstance(value, int)}
