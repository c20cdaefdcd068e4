"""What a check answers: a level, the figure, the bound it was held against, and the rows behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from training.bounds import BOUNDS, Level

Text = dict[str, str]  # {"en", "zh-hans"}
LEVELS: tuple[Level, ...] = ("fail", "warn", "pass", "skip")  # worst first
ROWS = 50  # rows of evidence that a finding carries; `total` counts them all
SUSPECTS = 100_000


@dataclass(frozen=True)
class Column:
    """kind says how a cell reads: user or item (a code), text, count, share, time (epoch s)."""

    kind: Literal["user", "item", "text", "count", "share", "number", "time"]
    name: Text


@dataclass(frozen=True)
class Evidence:
    """The worst rows first, at most ROWS of `total`."""

    columns: tuple[Column, ...]
    rows: list[list[Any]]
    total: int


@dataclass(frozen=True)
class Curve:
    """Figures that a page draws. kind line: points of (x, y); bars: (name, value)."""

    kind: Literal["line", "bars"]
    points: list[list[Any]]
    x: Text
    y: Text
    caption: Text


@dataclass(frozen=True)
class Finding:
    """One check. level "skip": it does not apply to this log. suspects: user codes, worst first."""

    code: str
    level: Level
    figure: float | None
    unit: str
    warn: float | None
    fail: float | None
    lower: bool  # True: the figure warns below its bounds, not above
    title: Text
    found: Text
    todo: Text
    evidence: Evidence | None = None
    curve: Curve | None = None
    suspects: list[int] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Everything as JSON; figures that are not finite become null."""
        made: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                *("code", "level", "figure", "unit", "warn", "fail", "lower"),
                *("title", "found", "todo", "suspects", "facts"),
            )
        }
        made["evidence"] = None
        if self.evidence is not None:
            columns = [
                {"kind": column.kind, "name": column.name} for column in self.evidence.columns
            ]
            made["evidence"] = {
                "columns": columns,
                "rows": self.evidence.rows,
                "total": self.evidence.total,
            }
        made["curve"] = None if self.curve is None else self.curve.__dict__
        return made


def finding(
    spec: Mapping[str, Any],
    figure: float | None,
    said: str = "usual",
    *,
    args: Mapping[str, Any] | None = None,
    level: Level | None = None,
    evidence: Evidence | None = None,
    curve: Curve | None = None,
    suspects: Sequence[int] = (),
    facts: dict[str, Any] | None = None,
) -> Finding:
    """The answer of the check that `spec` describes; `said` chooses among its sentences.

    level: None holds the figure against the check's bounds; "skip" for a log that the check does
    not apply to. args fill the sentence.
    """
    bound = BOUNDS[spec["code"]]
    words = {
        language: text.format(**(args or {})) for language, text in spec["found"][said].items()
    }
    return Finding(
        code=spec["code"],
        level=level or bound.level(figure),
        figure=figure,
        unit=spec["unit"],
        warn=bound.warn,
        fail=bound.fail,
        lower=bound.lower,
        title=spec["title"],
        found=words,
        todo=spec["todo"],
        evidence=evidence,
        curve=curve,
        suspects=[int(code) for code in suspects[:SUSPECTS]],
        facts=facts or {},
    )


def column(kind: str, en: str, zh: str) -> Column:
    """A column of evidence, named in both languages."""
    return Column(kind, {"en": en, "zh-hans": zh})  # type: ignore[arg-type]


USER = column("user", "User", "用户")
ITEM = column("item", "Item", "物品")
EVENTS = column("count", "Events", "事件数")
TIME = column("time", "Time", "时间")
