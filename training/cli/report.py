"""Figures as a table for people and as JSON for programs; the list of models."""

from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from training import registry
from training.cli.run import Report, Result
from training.stats import Interval

SHOWN = ("ndcg", "recall", "hr", "mrr")  # of the many measures, those in the table
STARS = ("rmse", "mae")


def table(report: Report) -> str:
    """The figures of all models, one line each, ranking models and rating models apart."""
    ks = report.data["k"]
    lists = [f"{name}@{k}" for k in ks for name in SHOWN]
    lines = [line for one in report.results for line in (one, one.shuffled) if line]
    ranked = [one for one in lines if lists[0] in one.metrics]
    stars = [one for one in lines if STARS[0] in one.metrics]
    parts = [_summary(report.data)]
    for results, columns in ((ranked, lists), (stars, list(STARS))):
        if results:
            parts.append(_grid(results, columns, {id(one.shuffled) for one in report.results}))
    parts += [line for one in report.results if (line := _beside(one, report))]
    for one in report.results:
        if one.tuned is not None:
            params = " ".join(f"{name}={_short(value)}" for name, value in one.params.items())
            parts.append(
                f"{one.model}: best of {one.tuned.trials} trials, inner {one.tuned.metric} "
                f"{one.tuned.value:.4f}: {params}"
            )
    parts += [line for one in report.results for line in _told(one)]
    parts += [f"{one.model} FAILED: {one.error}" for one in lines if one.error]
    return "\n\n".join(parts)


def _told(one: Result) -> list[str]:
    """What the model says of itself, by where it comes from."""
    if not one.facts:  # as those have that are no model, such as what a transfer is held to
        return []
    rules = registry.model_spec(one.model)["params"]
    taken = {name for name in one.facts if rules.get(name, {}).get("from") == "log"}
    lines = []
    for where, names in (("from the log", taken), ("on validation", set(one.facts) - taken)):
        words = [
            f"{name.replace('_', ' ')} {_short(value)}"
            for name, value in one.facts.items()
            if name in names
        ]
        if words:
            lines.append(f"{one.model} {where}: {', '.join(words)}")
    return lines


def document(report: Report) -> dict[str, Any]:
    """The JSON: {"data": ..., "results": [...]}; a number that is none is null."""
    return {"data": report.data, "results": [_row(one) for one in report.results]}


def write(path: Path, report: Report) -> None:
    """Write the JSON whole or not at all. Raises OSError."""
    text = json.dumps(document(report), indent=1, allow_nan=False, ensure_ascii=False)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.absolute().parent, prefix=f".{path.name}.", delete=False
    ) as target:
        target.write(text + "\n")
    os.replace(target.name, path)


def models() -> str:
    """Every model with what it is, what it needs and its parameters with ranges."""
    blocks = []
    for name, spec in registry.models().items():
        needs = ", ".join(spec["needs"]) or "nothing beside the log"
        lines = [f"{name}  {spec['name']['en']} ({spec['kind']}; needs {needs})"]
        lines.append(f"    {spec['help']['en']}")
        lines += [f"    {field}  {_range(rule)}" for field, rule in spec["params"].items()]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _range(rule: dict[str, Any]) -> str:
    found = "from the log" if rule.get("from") == "log" else "found on validation"
    usual = found if rule["default"] is None else _short(rule["default"])
    if rule["type"] in ("int", "float"):
        scale = ", log scale" if rule["log"] else ""
        return f"{rule['type']} {rule['low']:g} to {rule['high']:g}{scale}; usual {usual}"
    choices = rule.get("choices", ["false", "true"])
    return f"one of {', '.join(choices)}; usual {usual}"


def _row(one: Result) -> dict[str, Any]:
    row: dict[str, Any] = {
        "model": one.model,
        "params": one.params,
        "metrics": {name: _cell(cell) for name, cell in one.metrics.items()},
    }
    if one.cost is not None:
        row["fit_seconds"] = round(one.cost.seconds, 3)
        row["cpu_seconds"] = round(one.cost.cpu_seconds, 3)
        row["peak_mb"] = round(one.cost.peak_mb, 1)
    if one.tuned is not None:
        row["tuned"] = {
            "trials": one.tuned.trials,
            "refused": one.tuned.failed,
            "metric": one.tuned.metric,
            "value": one.tuned.value,
            "seconds": round(one.tune_seconds, 3),
        }
    if one.facts:
        row["facts"] = one.facts
    if one.shuffled is not None:
        row["shuffled"] = _row(one.shuffled)
    if one.error:
        row["error"] = one.error
    return row


def _cell(cell: Interval) -> dict[str, float | int | None]:
    return {
        "mean": _number(cell.mean),
        "lo": _number(cell.lo),
        "hi": _number(cell.hi),
        "n": cell.n,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _summary(data: dict[str, Any]) -> str:
    why = f" ({data['chosen_because']})" if data["chosen_because"] else ""
    leak = "" if data["leak"] is None else f", leak {data['leak']:.0%}"
    parts = "; ".join(
        f"{name}: {counts['train']} train, {counts['validation']} validation, {counts['test']} "
        f"test of {counts['test_users']} users"
        for name, counts in data.items()
        if name in ("pairs", "ratings")
    )
    bounds = [
        f"{rule['event']} from {rule['minimum']:g} on"
        for rule in data["rules"]
        if rule["minimum"] is not None
    ]
    positive = f"\npositives: {', '.join(bounds)}" if bounds and "pairs" in data else ""
    again = (
        "\nbefore the test is ranked, models learn train and validation" if data["refit"] else ""
    )
    return (
        f"{data['log']}: {data['users']} users, {data['items']} items, {data['events']} events\n"
        f"split {data['split']}{why}{leak}, seed {data['seed']}; {parts}{positive}{again}"
    )


def _beside(one: Result, report: Report) -> str:
    """A model beside pop and beside itself shuffled, with what that means; "" without a control."""
    name = f"ndcg@{max(report.data['k'])}"
    popular = next((each for each in report.results if each.model == "pop"), None)
    cells = [each.metrics.get(name) for each in (one, one.shuffled, popular) if each is not None]
    if one.shuffled is None or len(cells) < 3 or None in cells:
        return ""
    mine, mixed, pop = (cell for cell in cells if cell is not None)
    fell = mixed.lo <= pop.hi  # its interval reaches pop's: no more than popularity was learnt
    meaning = (
        "the control falls to popularity or below"
        if fell
        else "the control stays ABOVE popularity: look for a leak of the test into what it reads"
    )
    return (
        f"{one.model}: {name} {mine.mean:.4f}, pop {pop.mean:.4f}, itself on shuffled "
        f"interactions {mixed.mean:.4f}; {meaning}"
    )


def _grid(results: list[Result], columns: list[str], controls: set[int]) -> str:
    head = ["model", *columns, "fit s", "cpu s", "peak MB"]
    rows = [head]
    for one in results:
        assert one.cost is not None  # noqa: S101  it has figures, so it was fitted
        cost = one.cost
        figures = [f"{one.metrics[name].mean:.4f}" for name in columns]
        spent = [f"{cost.seconds:.2f}", f"{cost.cpu_seconds:.2f}", f"{cost.peak_mb:.0f}"]
        called = f"{one.model} shuffled" if id(one) in controls else one.model
        rows.append([called, *figures, *spent])
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
