"""What rules, weights and splits would make of real events, before anybody settles on them."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recweb.datasets.arrays import Rows
from recweb.datasets.patience import check
from training import health
from training import log as logs
from training.event_weights import WHY, NotLearned, learn
from training.features import Rule, confidences, positives
from training.health.data import Data
from training.log import Items, Log
from training.order import order_only
from training.split import REASONS, SplitError, choose, preview

# user, item (-1: a search), event, value, time, confidence (0: no positive)
Row = tuple[int, int, str, float | None, int | None, float]


def try_rules(folder: Path, rules: list[dict[str, Any]], count: int) -> list[Row]:
    """Some real events of a version, spread over its kinds of event and over time, and what the
    rules make of each."""
    log = logs.load_log(folder / "log")
    each = max(1, count // max(1, len(log.event_names)))
    chosen = []
    for code in range(len(log.event_names)):
        rows = np.flatnonzero(log.events == code)
        chosen.append(rows[np.linspace(0, len(rows) - 1, min(each, len(rows))).astype(int)])
    rows = np.sort(np.concatenate(chosen))[:count] if chosen else np.zeros(0, dtype=int)
    some = logs.Log(
        log.users[rows], log.items[rows], log.events[rows], log.values[rows],
        None if log.at is None else log.at[rows], log.event_names, log.n_users, log.n_items,
    )  # fmt: skip
    found = confidences(some, [Rule(**rule) for rule in rules]) if rules else np.zeros(len(rows))
    return [
        (
            int(some.users[place]),
            int(some.items[place]),
            some.event_names[some.events[place]],
            None if np.isnan(some.values[place]) else float(some.values[place]),
            None if some.at is None else int(some.at[place]),
            float(found[place]) if some.items[place] >= 0 else 0.0,
        )
        for place in range(len(rows))
    ]


def learn_weights(log: Log, target: str, days: int) -> dict[str, Any]:
    """training.event_weights.Learned as JSON; or why there is nothing, in both languages."""
    try:
        found = learn(log, target, np.random.default_rng(0), days=days)
    except NotLearned as why:
        words = {language: text.format(**why.details) for language, text in WHY[why.code].items()}
        return {"target": target, "days": days, "refused": words}
    return dataclasses.asdict(found)


def examine(
    log: Log,
    items: Items,
    listed: np.ndarray,
    rules: list[dict[str, Any]],
    totals: dict[str, int],
    progress: Any,
) -> list[dict[str, Any]]:
    """The findings about a log, worst first, as JSON; totals: rows_in, dropped."""
    if order_only(log.at):  # places are no clock: checks of time would call each of them broken
        log = dataclasses.replace(log, at=None)
    data = Data(log, items, listed, [Rule(**rule) for rule in rules], **totals)
    return [found.json() for found in health.examine(data, progress)]


def split_sizes(
    rows: Rows,
    names: Sequence[str],
    n_users: int,
    n_items: int,
    rules: list[dict[str, Any]],
) -> dict[str, dict[str, Any]]:
    """What each split would make of these events: sizes, leak, or why it is impossible."""
    log = Log(
        rows.users, rows.items, rows.events, rows.values, rows.at, tuple(names), n_users, n_items
    )
    found: dict[str, dict[str, Any]] = {}
    liked = positives(log, [Rule(**rule) for rule in rules])
    for name in ("temporal", "user-temporal", "leave-last", "random"):
        check()  # a cancel waits for one of these, not for all
        try:
            found[name] = preview(liked, name)
        except SplitError as error:
            found[name] = _refused(error)
    try:
        name, because = choose(liked)
        # what auto stands for may be impossible, too
        refused = found[name] if "refused" in found[name] else {}
        found["auto"] = refused or {"name": name, "because": because}
    except SplitError as error:
        found["auto"] = _refused(error)
    return found


def _refused(error: SplitError) -> dict[str, Any]:
    zh = REASONS[error.code][1].format(**error.details)
    return {"refused": error.code, "details": error.details, "message": str(error), "zh": zh}
