"""One evaluation from start to end: each model tuned where asked, fitted, and measured on test."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from training import registry
from training.cli.arguments import Request
from training.cli.data import Data, explicit, liked, load, rules, top_n
from training.cli.grades import graded
from training.cli.needs import refuse_needs
from training.cli.refit import joined, refitted
from training.cli.resources import Cost, Meter
from training.cli.tune import Tuned, hold_out, tune
from training.cli.wrong import Wrong
from training.control import shuffled
from training.distance import Distance, choose
from training.encoders.folders import Refused
from training.evaluate import evaluate
from training.log import Items
from training.models.contract import Model, quiet
from training.ratings import errors
from training.split import Split
from training.stats import Interval, bootstrap_table

Say = Callable[[str], None]
UNLEARNT = ("random", "pop")  # they have no taste to lose
WIDEST = 50  # pairs within longer lists would need gigabytes: no list diversity beyond


@dataclass(frozen=True)
class Result:
    """One model. metrics: name -> interval over users (NaN bounds: one number for all users).

    error: why it could not be trained, "" when it was; cost: of the final fit alone; facts: what
    the model itself has to say beside its lists, such as the calibration of its probabilities;
    shuffled: the same model and parameters learnt from shuffled interactions, where asked.
    """

    model: str
    params: dict[str, Any]
    metrics: dict[str, Interval] = field(default_factory=dict)
    cost: Cost | None = None
    tuned: Tuned | None = None
    tune_seconds: float = 0.0
    error: str = ""
    facts: dict[str, float] = field(default_factory=dict)
    shuffled: Result | None = None


@dataclass(frozen=True)
class Report:
    """Facts of the data, and the results in the order that was asked."""

    data: dict[str, Any]
    results: tuple[Result, ...]


def run(request: Request, say: Say) -> Report:
    """Train and measure. say: told each step. Raises Wrong on bad input before any training."""
    data = load(request)
    refuse_needs(request, data)
    kinds = {model: registry.model_spec(model)["kind"] for model in request.models}
    stars = explicit(request, data) if "rating" in kinds.values() else None
    ranked = top_n(request, data) if set(kinds.values()) - {"rating"} else None
    ranked = _with_vectors(ranked, request.params, say)
    known = joined(ranked, liked(request, data)) if ranked and refits(request, data) else None
    results = []
    for model, kind in kinds.items():
        mine = stars if kind == "rating" else ranked
        assert mine is not None  # noqa: S101  made above for each kind
        whole = None if kind == "rating" else known
        if "grades" in registry.model_spec(model)["needs"]:
            mine = graded(mine, request, data)
            whole = whole and graded(whole, request, data)
        made = _result(model, mine, request, say, whole)
        if request.shuffled and model not in UNLEARNT and not made.error:
            made = replace(made, shuffled=_control(made, mine, request, say, whole))
        results.append(made)
    return Report(facts_of(request, data, ranked, stars), tuple(results))


def refits(request: Request, data: Data) -> bool:
    """Whether a model learns train and validation before the test is ranked.

    Asked for, or sequences split leave-last, as everybody measures them.
    """
    if request.test is not None:
        return False  # a given split has no validation part
    return request.refit or (data.ordered and request.split in ("auto", "leave-last"))


def _result(
    model: str,
    split: Split,
    request: Request,
    say: Say,
    known: Split | None = None,
    taught: Split | None = None,
) -> Result:
    """One model's figures; what it refuses becomes its error, and the others go on.

    known: train and validation in one, for a refit; the test is the same. taught: what is learnt
    from where that is not `split`; what a user took, and the test, are those of `split` anyway.
    """
    params, tuned, started = request.params[model], None, time.perf_counter()
    try:
        if request.tune:
            tuned = _tuned(model, split, request, say)
            params = tuned.params
        spent = time.perf_counter() - started if tuned else 0.0
        made: Model = registry.load_model(model)(**params)
        say(f"{model}: training")
        with Meter() as meter:
            taught = taught or split
            made.fit(taught, rng=np.random.default_rng(request.seed), progress=quiet)
            if known is not None:
                say(f"{model}: with validation")
                made = refitted(model, made, known, request.seed)
        say(f"{model}: measuring")
        metrics = measured(made, split, registry.model_spec(model)["kind"], request)
    except MemoryError:
        return Result(model, params, error="the memory is not enough for it on this log")
    except (ValueError, ArithmeticError, FileNotFoundError, np.linalg.LinAlgError) as error:
        return Result(model, params, error=str(error))
    said: Callable[[], dict[str, float]] = getattr(made, "facts", dict)
    return Result(model, made.params, metrics, meter.cost, tuned, spent, facts=said())


def _control(real: Result, split: Split, request: Request, say: Say, known: Split | None) -> Result:
    """The same model and parameters, learnt from events whose items popularity alone chose."""
    say(f"{real.model}: on shuffled interactions")
    rng = np.random.default_rng(request.seed)
    taught = shuffled(split, rng)
    whole = None if known is None else shuffled(known, rng)
    asked = replace(request, params={**request.params, real.model: real.params}, tune=0)
    return _result(real.model, split, asked, say, whole, taught)


def _tuned(model: str, split: Split, request: Request, say: Say) -> Tuned:
    inner = split
    if not split.validation.nnz:
        inner = hold_out(split, np.random.default_rng(request.seed))
    return tune(
        model,
        inner,
        trials=request.tune,
        fixed=request.params[model],
        k=max(request.ks),
        seed=request.seed,
        say=say,
    )


def measured(model: Model, split: Split, kind: str, request: Request) -> dict[str, Interval]:
    """Every measure on test: rmse and mae of a rating model, the lists of another one."""
    rng = np.random.default_rng(request.seed)
    if kind == "rating":
        off = errors(model.scores, split, "test", rng)
        return {"rmse": off.rmse, "mae": off.mae}
    found = evaluate(
        model.scores,
        split,
        "test",
        distance=_distance(split, max(request.ks)),
        ks=request.ks,
        n_candidates=max(request.ks) + 1,
    )
    if not len(found.users):
        raise ValueError("no user has a held-out item that can be ranked")
    table = bootstrap_table(found.per_user, rng)
    nothing = float("nan")
    whole = {
        name: Interval(value, nothing, nothing, len(found.users))
        for name, value in found.overall.items()
    }
    return table | whole


def _distance(split: Split, longest: int) -> Distance | None:
    """Between items by what the catalogue says of them; None without one."""
    if split.items is None or longest > WIDEST:
        return None
    if not split.items.topics.nnz and split.items.vectors is None:
        return None
    return choose(split.items, split.train)


def _with_vectors(split: Split | None, params: dict[str, dict[str, Any]], say: Say) -> Split | None:
    """The split whose items carry text vectors when a model reads them. params: by model."""
    reads = any(registry.reads_text(model, given) for model, given in params.items())
    if split is None or split.items is None or not reads:
        return split
    asked = {
        str(given.get("encoder", "auto"))
        for model, given in params.items()
        if registry.reads_text(model, given)
    }
    if len(asked) > 1:
        raise Wrong(f"--params: encoder: one for all models of a run, not {', '.join(asked)}")
    return replace(split, items=_encoded(split.items, asked.pop(), say))


def _encoded(items: Items, encoder: str, say: Say) -> Items:
    from training.encoders import pick

    say(f"encoding {len(items)} item texts")
    try:
        vectors, chosen = pick.encode(encoder, items.texts)
    except (FileNotFoundError, Refused) as error:
        raise Wrong(str(error)) from None
    if chosen.note:
        say(chosen.said("en"))
    return replace(items, vectors=vectors)


def facts_of(
    request: Request, data: Data, ranked: Split | None, stars: Split | None
) -> dict[str, Any]:
    """What was read and how it was divided."""
    shown = ranked or stars
    assert shown is not None  # noqa: S101  at least one model was asked
    facts = {
        "log": request.log.name,
        "format": request.format,
        "users": data.log.n_users,
        "items": data.log.n_items,
        "events": len(data.log) + (0 if data.test is None else len(data.test)),
        "rows_left_out": data.left_out,
        "split": shown.name,
        "chosen_because": shown.chosen_because,
        "leak": shown.leak,
        "seed": request.seed,
        "k": list(request.ks),
        "tune": request.tune,
        "refit": refits(request, data),
        "rules": [
            {"event": rule.event, "minimum": rule.minimum, "weight": rule.weight}
            for rule in rules(data.log, request.minimum)
        ],
    }
    counted = (("pairs", ranked), ("ratings", stars))
    return facts | {name: _counts(split) for name, split in counted if split is not None}


def _counts(split: Split) -> dict[str, int]:
    """Pairs of each part, and users with any in test."""
    parts = {part: getattr(split, part) for part in ("train", "validation", "test")}
    sizes = {part: int(rows.nnz) for part, rows in parts.items()}
    return sizes | {"test_users": int((np.diff(split.test.indptr) > 0).sum())}
