"""The runs table: which columns there are, how it is sorted and filtered."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recweb.experiments import words
from recweb.experiments.models import Experiment, ExperimentQuerySet
from recweb.jobs.models import LIVE, State
from recweb.lib import numbers
from training import registry

MOST = 12  # columns
FACTS = {
    "model": (gettext_lazy("Model"), "model"),
    "data": (gettext_lazy("Data"), "dataset__name"),
    "state": (gettext_lazy("State"), "state"),
    "took": (gettext_lazy("Took"), "resources__wall_seconds"),
    "owner": (gettext_lazy("By"), "owner__username"),
    "created": (gettext_lazy("When"), "created"),
    "split": (gettext_lazy("Split"), "split_facts__name"),
    "seed": (gettext_lazy("Seed"), "seed"),
    "tags": (gettext_lazy("Tags"), "tags"),
    "memory": (gettext_lazy("Memory"), "resources__peak_mb"),
}
METRICS = ("ndcg@10", "recall@10", "ild@10", "coverage@10", "epc@10")
USUAL = ("model", "data", "state", *METRICS, "took", "owner")
SHORT = {"coverage": gettext_lazy("Coverage"), "epc": gettext_lazy("Novelty"), "ild": "ILD"}
SMALL = {"state", "ndcg@10", "recall@10"}  # what a telephone shows beside the name


@dataclass(frozen=True)
class Column:
    key: str
    name: str
    help: str
    path: str  # what the database sorts by
    metric: bool
    arrow: str
    small: bool

    @property
    def number(self) -> bool:
        return self.metric or self.key in ("took", "seed", "memory")


def column(key: str) -> Column | None:
    if key in FACTS:
        label, path = FACTS[key]
        return Column(key, str(label), "", path, False, "", key in SMALL)
    if key in measures():
        head, at, k = key.partition("@")
        name = f"{SHORT[head]}{at}{k}" if head in SHORT else words.metric_name(key)
        path = f"metrics__validation__{key}__mean"
        return Column(key, name, words.metric_help(key), path, True, words.arrow(key), key in SMALL)
    return None


def measures() -> list[str]:
    """Every metric that a run may carry."""
    out: list[str] = []
    for name, spec in registry.metrics().items():
        out += [f"{name}@{k}" for k in (5, 10, 20)] if spec["at_k"] else [name]
    return out


def columns(keys: Any) -> list[Column]:
    """The known ones of those asked for, at most twelve; the usual ones when none is."""
    chosen = [key for key in dict.fromkeys(keys) if isinstance(key, str)]
    found = [one for key in chosen if (one := column(key))][:MOST]
    return found or [one for key in USUAL if (one := column(key))]


def offered() -> list[Column]:
    """What the chooser lists: facts, then metrics at 10, then the other lengths."""
    at_10 = [key for key in measures() if not key.endswith(("@5", "@20"))]
    rest = [key for key in measures() if key not in at_10]
    return [one for key in (*FACTS, *at_10, *rest) if (one := column(key))]


def ordered(rows: ExperimentQuerySet, sort: str) -> tuple[ExperimentQuerySet, str]:
    """Pinned baselines first, then by the column; "-x" is descending. (rows, what it is by)."""
    down, key = sort.startswith("-"), sort.removeprefix("-")
    found = column(key) if key != "name" else None
    if found is None and key != "name":
        return rows.order_by("-is_baseline", "-created", "-pk"), ""
    by = F(found.path if found else "name")
    order = by.desc(nulls_last=True) if down else by.asc(nulls_last=True)
    return rows.order_by("-is_baseline", order, "-pk"), sort


# --- the filter line -------------------------------------------------------------------------

WORD = re.compile(
    r"""\s*(?:([a-z]+):("[^"]*"|\S*)"""  # tag:x, tag:"two words"
    r"""|([a-z_0-9]+(?:@\d+)?)(>=|<=|>|<|=)(\S+)"""  # ndcg@5>=0.1
    r"""|("[^"]*"|\S+))"""
)
OPERATORS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "exact"}


@dataclass
class Filter:
    rows: ExperimentQuerySet
    wrong: list[str] = field(default_factory=list)


def filtered(rows: ExperimentQuerySet, text: str) -> Filter:
    """`state:done model:ease tag:x ndcg>0.03 words`: all must hold. What cannot be read is said."""
    out = Filter(rows)
    for found in WORD.finditer(text[:500]):
        name, value, metric, operator, number, plain = found.groups()
        if name:
            _fact(out, name, value.strip('"'))
        elif metric:
            _measure(out, metric, operator, number)
        elif plain:
            text_part = plain.strip('"')
            out.rows = out.rows.filter(Q(name__icontains=text_part) | Q(model__icontains=text_part))
    return out


def _fact(out: Filter, name: str, value: str) -> None:
    if name in ("state", "status"):
        if value == "live":
            out.rows = out.rows.filter(state__in=LIVE)
        elif value in State.values:
            out.rows = out.rows.filter(state=value)
        else:
            known = ", ".join(["live", *State.values])
            out.wrong.append(
                _("There is no state “%(value)s”. Known: %(known)s.")
                % {"value": value, "known": known}
            )
        return
    paths = {
        "model": Q(model=value),
        "tag": Q(tags__contains=[value]),
        "data": Q(dataset__slug=value) | Q(dataset__name__icontains=value),
        "split": Q(split=value) | Q(split_facts__name=value),
        "by": Q(owner__username=value),
    }
    if name in paths:
        out.rows = out.rows.filter(paths[name])
        if name == "model" and value not in registry.models():
            known = ", ".join(registry.models())
            out.wrong.append(
                _("There is no model “%(value)s”. Known: %(known)s.")
                % {"value": value, "known": known}
            )
    else:
        out.wrong.append(
            _("“%(name)s:” was left out: there is no such filter. %(allowed)s")
            % {"name": name, "allowed": allowed()}
        )


def _measure(out: Filter, metric: str, operator: str, number: str) -> None:
    full = metric if metric in measures() else f"{metric}@10"
    if full not in measures():
        out.wrong.append(
            _("“%(name)s” was left out: there is no such metric. %(allowed)s")
            % {"name": metric, "allowed": allowed()}
        )
        return
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        out.wrong.append(
            _("“%(text)s” was left out: “%(number)s” is no number.")
            % {"text": f"{metric}{operator}{number}", "number": number}
        )
        return
    path = f"metrics__validation__{full}__mean__{OPERATORS[operator]}"
    out.rows = out.rows.filter(Q((path, value)))


def allowed() -> str:
    return _(
        "Allowed: state:, model:, tag:, data:, split:, by:, a metric with >, >=, <, <= or = and a "
        "number (ndcg>0.03, ild@5>=0.4), and free text for the name."
    )


# --- cells -----------------------------------------------------------------------------------


def cell(run: Experiment, one: Column) -> dict[str, Any]:
    """{"text", "interval"} of a plain cell; the template draws state, data and times itself."""
    if one.metric:
        found = (run.metrics.get("validation") or {}).get(one.key) or {}
        lo, hi = found.get("lo"), found.get("hi")
        both = lo is not None and hi is not None
        low, high, text = (numbers.figure(end, one.key) for end in (lo, hi, found.get("mean")))
        return {"column": one, "text": text, "interval": f"{low} … {high}" if both else ""}
    made = {
        "split": run.split_facts.get("name") or run.split,
        "seed": str(run.seed),
        "tags": ", ".join(map(str, run.tags)),
        "took": numbers.minutes(run.resources.get("wall_seconds")),
        "memory": numbers.bytes_((run.resources.get("peak_mb") or 0) * 2**20 or None),
        "owner": run.owner.get_username(),
        "model": run.model,
    }
    return {"column": one, "text": made.get(one.key, ""), "interval": ""}
