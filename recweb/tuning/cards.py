"""The page without scripts: the same cards and costs that the script draws, at one weight."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from recweb.experiments import words as sentences
from recweb.lib.numbers import THIN, pct, sig3, signed
from recweb.tuning import board
from recweb.tuning.lists import moves
from recweb.tuning.models import Frontier

Json = dict[str, Any]


def kind_words(kind: str) -> str:
    known = {
        "new": _("few ratings"),
        "narrow": _("narrow taste"),
        "heavy": _("much history"),
    }
    return known.get(kind, "")


def mark(moved: int | None) -> Json:
    """▲ 2, ▼ 1, ✚ and nothing; with words, since a sign alone says nothing to a reader."""
    if moved is None:
        return {"sign": "✚", "kind": "new", "words": _("new in the list")}
    if moved == 0:
        return {"sign": "", "kind": "same", "words": ""}
    if moved > 0:
        return {"sign": f"▲{moved}", "kind": "up", "words": _("up %(n)d") % {"n": moved}}
    return {"sign": f"▼{-moved}", "kind": "down", "words": _("down %(n)d") % {"n": -moved}}


def card(one: Json, weight: float, grid: Sequence[float]) -> Json:
    at = list(grid).index(weight)
    listed = one["lists"][at]
    moved = moves(one["first"], listed)
    rows = [
        {
            "rank": place + 1,
            "item": one["items"].get(str(code), {"t": str(code), "id": "", "c": []}),
            "mark": mark(moved[place]),
            "hit": code in one["hits"],
        }
        for place, code in enumerate(listed)
    ]
    strip = [one["items"][str(code)] for code in one["history"] if str(code) in one["items"]]
    return {
        "id": one["id"],
        "n": one["n"],
        "kind": kind_words(one["kind"]),
        "held_out": one["held_out"],
        "fallback": one["fallback"],
        "rows": rows,
        "history": strip,
        "changed": sum(move is None for move in moved),
        "k": len(listed),
        "relevance": one["relevance"][at + 1],
        "ild": one["ild"][at + 1],
    }


def costs(row: Frontier, weight: float) -> list[Json]:
    """The four figures at this weight with their change against weight 0."""
    weights = board.grid(row)
    found = []
    for key, metric in board.means(row).items():
        here, first = between(weights, metric["mean"], weight), metric["mean"][0]
        if here is None or first is None:
            continue
        share = key in ("coverage", "tail")
        lo, hi = (between(weights, metric.get(end, []), weight) for end in ("lo", "hi"))
        found.append(
            {
                "key": key,
                "name": metric["name"],
                "value": pct(here) if share else sig3(here),
                "change": points(here - first) if share else relative(here, first),
                "lo": lo,
                "hi": hi,
                "share": share,
            }
        )
    return found


def chosen(row: Frontier, weight: float) -> list[Json]:
    """Weight 0 beside this one, with their intervals and whether the difference is noise."""
    weights = board.grid(row)
    names = {"relevance": f"ndcg@{row.points.get('k', row.k)}"}
    names["variety"] = names["relevance"].replace("ndcg", "ild")
    first = {one["key"]: one for one in costs(row, 0.0)}
    out = []
    for one in costs(row, weight):
        ends = (row.points.get("change") or {}).get(names.get(one["key"], "")) or {}
        lo, hi = (between(weights, ends.get(end, []), weight) for end in ("lo", "hi"))
        noise = weight > 0 and lo is not None and hi is not None and lo <= 0 <= hi
        rough = not any(abs(known - weight) < 1e-9 for known in weights)
        out.append(one | {"first": first[one["key"]], "noise": noise, "rough": rough})
    return out


def why_knee(row: Frontier) -> str:
    """Why a weight is suggested, or "" when none is."""
    points, weight = row.points, row.points.get("knee")
    if weight is None:
        return ""
    found = {one["key"]: one for one in costs(row, weight)}
    if not {"relevance", "variety"} <= set(found):
        return ""
    words = _(
        "%(w)s is suggested because the curve bends there: up to it diversity is cheap "
        "(%(gain)s %(ild)s for %(loss)s %(ndcg)s), beyond it each step costs more. With other "
        "users of the same kind the bend would lie between %(lo)s and %(hi)s."
    )
    return words % {
        "w": f"{weight:.2f}",
        "gain": found["variety"]["change"],
        "ild": found["variety"]["name"],
        "loss": found["relevance"]["change"],
        "ndcg": found["relevance"]["name"],
        "lo": f"{points.get('knee_lo', weight):.2f}",
        "hi": f"{points.get('knee_hi', weight):.2f}",
    }


def between(weights: Sequence[float], values: Sequence[float | None], at: float) -> float | None:
    """On the grid the value itself; between two points the straight line."""
    for place, weight in enumerate(weights):
        if place >= len(values):
            return None
        here = values[place]
        if abs(weight - at) < 1e-9:
            return here
        if weight > at:
            before, left = values[place - 1], weights[place - 1]
            if place == 0 or here is None or before is None:
                return None
            return before + (here - before) * (at - left) / (weight - left)
    return None


def relative(here: float, first: float) -> str:
    if not first:
        return ""
    return f"{signed(100 * (here - first) / first)}{THIN}%"


def points(difference: float) -> str:
    return _("%(n)s points") % {"n": signed(100 * difference)}


def caption(row: Frontier) -> str:
    facts = row.experiment.split_facts
    n, k = row.points.get("n", facts.get("n_evaluated", 0)), row.points.get("k", row.k)
    words = _(
        "Each point is a diversity weight from 0 (by relevance alone) to 1 (by diversity alone): "
        "means over %(n)s users of validation, lists of %(k)d from %(N)d candidates, with 95 %% "
        "bootstrap intervals. Distance: %(distance)s."
    )
    return words % {"n": n, "k": k, "N": row.n_candidates, "distance": distance_words(row.distance)}


def distance_words(source: str) -> str:
    known = {
        "categories": _("categories of the items"),
        "text": _("text vectors of the items"),
        "collaborative": _("who took the items (collaborative)"),
    }
    return known.get(source, source)


def test(row: Frontier) -> list[Json]:
    """Weight 0 and the chosen weight on the sealed part, once it was opened."""
    opened = row.test_points
    if not opened:
        return []
    k = opened.get("k", row.k)
    # written as the costs above the table are
    names = {f"ndcg@{k}": sig3, f"ild@{k}": sig3, f"coverage@{k}": pct, f"tail@{k}": pct}
    judged = [sentences.judged(row.experiment.model, one) for one in opened.get("verdicts", [])]
    return [
        {
            "weight": weight,
            "verdict": judged[at] if judged else None,
            "cells": [
                {"name": board.words(name)} | {end: _said(opened["metrics"][name], end, at, say)
                                               for end in ("mean", "lo", "hi")}
                for name, say in names.items()
                if name in opened["metrics"]
            ],
        }
        for at, weight in enumerate(opened["weights"])
    ]  # fmt: skip


def _said(cells: Json, end: str, at: int, say: Callable[[object], str]) -> str:
    found = cells.get(end)
    return "" if found is None or found[at] is None else say(found[at])
