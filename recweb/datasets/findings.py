"""A health report in the reader's language: codes become names, figures become charts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets import rows
from recweb.datasets.models import Dataset, Report, Version
from recweb.lib import charts
from recweb.lib.figure import Chart
from recweb.lib.numbers import count, pct, sig3

SHOWN = 10  # rows of evidence on the page; the API has them all


@dataclass(frozen=True)
class Cell:
    text: str
    url: str = ""
    number: bool = False
    title: str = ""  # of an item, beside its id


@dataclass(frozen=True)
class Told:
    """One finding, ready to be shown."""

    code: str
    level: str
    word: str
    title: str
    found: str
    todo: str
    figure: str
    bound: str
    header: list[tuple[str, bool]]  # (name, it is a number)
    table: list[list[Cell]]
    total: int
    chart: Chart | None
    suspects: list[int]
    excluded: int  # of the suspects, those that the newest version leaves out


def words(text: dict[str, str]) -> str:
    return text.get(get_language() or "en", text["en"])


def level_word(level: str) -> str:
    known = {"pass": _("pass"), "warn": _("warning"), "fail": _("fail")}
    return known.get(level, _("does not apply"))


def number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return pct(value)
    return count(int(value)) if unit == "count" and value == int(value) else sig3(value)


def tell(dataset: Dataset, report: Report, out: Iterable[int]) -> list[Told]:
    """Every finding of a report, worst first; out: users that the newest version leaves out."""
    found = report.figures["checks"]
    named = Names(dataset, found, SHOWN)
    outside = set(out)
    return [_told(row, named, outside) for row in found]


def _told(row: dict[str, Any], named: "Names", outside: set[int]) -> Told:
    evidence = row["evidence"]
    columns = evidence["columns"] if evidence else []
    kinds = [column["kind"] for column in columns]
    return Told(
        code=row["code"],
        level=row["level"],
        word=level_word(row["level"]),
        title=words(row["title"]),
        found=words(row["found"]),
        todo=words(row["todo"]),
        figure=number(row["figure"], row["unit"]),
        bound=_bound(row),
        header=[(words(column["name"]), _numeric(column["kind"])) for column in columns],
        table=[
            [named.cell(kind, value) for kind, value in zip(kinds, cells, strict=True)]
            for cells in (evidence["rows"][:SHOWN] if evidence else [])
        ],
        total=evidence["total"] if evidence else 0,
        chart=_chart(row["curve"]),
        suspects=row["suspects"],
        excluded=sum(user in outside for user in row["suspects"]),
    )


def _bound(row: dict[str, Any]) -> str:
    sign = "<" if row["lower"] else ">"
    parts = [
        f"{level_word(level)} {sign} {number(row[level], row['unit'])}"
        for level in ("warn", "fail")
        if row[level] is not None
    ]
    return _(", ").join(parts)


def _numeric(kind: str) -> bool:
    return kind in ("count", "share", "number")


def _chart(curve: dict[str, Any] | None) -> Chart | None:
    if curve is None or not curve["points"]:
        return None
    caption, x, y = words(curve["caption"]), words(curve["x"]), words(curve["y"])
    if curve["kind"] == "bars":
        return charts.bars([(name, value) for name, value in curve["points"]], caption, x, y)
    points = [(at, value) for at, value in curve["points"]]
    return charts.line({y: points}, caption, x, y)


class Names:
    """Outside ids and titles of all codes that the evidence names: two queries."""

    def __init__(self, dataset: Dataset, found: list[dict[str, Any]], shown: int) -> None:
        codes: dict[str, set[int]] = {"user": set(), "item": set()}
        for row in found:
            evidence = row["evidence"] or {"columns": [], "rows": []}
            for place, column in enumerate(evidence["columns"]):
                if column["kind"] in codes:
                    codes[column["kind"]] |= {cells[place] for cells in evidence["rows"][:shown]}
        self.slug = dataset.slug
        self.users = rows.user_ids(dataset.pk, codes["user"])
        self.items = rows.titles(dataset.pk, codes["item"])

    def cell(self, kind: str, value: Any) -> Cell:
        if kind == "user":
            name = self.users.get(value)
            return Cell(name, reverse("user", args=[self.slug, name])) if name else Cell("–")
        if kind == "item":
            item = self.items.get(value)
            if item is None:
                return Cell("–")
            url = reverse("item", args=[self.slug, item.outside_id])
            return Cell(item.outside_id, url, title=item.title)
        return Cell(self._text(kind, value), number=_numeric(kind))

    @staticmethod
    def _text(kind: str, value: Any) -> str:
        if value is None:
            return "–"
        if kind == "time":
            return _moment(value)
        if kind in ("count", "share"):
            return count(int(value)) if kind == "count" else pct(value)
        return sig3(value) if kind == "number" else str(value)

    def plain(self, kind: str, value: Any) -> Any:
        """For the API: outside ids, numbers as they are, times in ISO 8601."""
        if kind == "user":
            return self.users.get(value)
        if kind == "item":
            return self.items[value].outside_id if value in self.items else None
        return _moment(value) if kind == "time" else value


def _moment(value: float) -> str:
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # a broken clock is what the check is about
        return str(value)


def api(version: Version, report: Report) -> list[dict[str, Any]]:
    """The findings as the API gives them."""
    found = report.figures["checks"]
    named = Names(version.dataset, found, 1 << 30)
    return [_api_row(row, named) for row in found]


def _api_row(row: dict[str, Any], named: Names) -> dict[str, Any]:
    made = {name: row[name] for name in ("code", "level", "figure", "unit", "warn", "fail")}
    made |= {
        "title": words(row["title"]),
        "found": words(row["found"]),
        "meaning": words(row["todo"]),
        "suspects": len(row["suspects"]),
        "facts": row["facts"],
        "rows": None,
    }
    if evidence := row["evidence"]:
        kinds = [column["kind"] for column in evidence["columns"]]
        made["rows"] = {
            "columns": [words(column["name"]) for column in evidence["columns"]],
            "rows": [
                [named.plain(kind, value) for kind, value in zip(kinds, cells, strict=True)]
                for cells in evidence["rows"]
            ],
            "total": evidence["total"],
        }
    return made
