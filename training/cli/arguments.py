"""The words behind `python -m training` as checked values."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import registry
from training.cli.wrong import Wrong
from training.split import NAMES

FORMATS = ("events", "sequences", "counted")
BY_SUFFIX = {".csv": "events", ".tsv": "events"}
SEEDS = 2**31
POPULAR = "pop"  # what a control is held against


@dataclass(frozen=True)
class Request:
    """One evaluation. params: model -> parameters given (unchecked ranges are refused before).

    minimum: ratings from this on are positives, None = half of the largest rating. refit: learn
    train and validation before the test is ranked. shuffled: each model but random and pop is
    trained once more on shuffled interactions (training.control).
    """

    log: Path
    items: Path | None
    format: str
    split: str
    test: Path | None
    models: tuple[str, ...]
    params: dict[str, dict[str, Any]]
    ks: tuple[int, ...]
    tune: int
    seed: int
    minimum: float | None
    out: Path | None
    refit: bool = False
    triples: Path | None = None
    shuffled: bool = False


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    root = argparse.ArgumentParser(
        prog="python -m training", description="Train and measure recommender models without a web."
    )
    commands = root.add_subparsers(dest="command", required=True)
    commands.add_parser("models", help="list the models, their parameters and what they need")
    _transfer(commands.add_parser(
        "transfer", help="learn what texts say of taste on one log, and measure it on another"
    ))  # fmt: skip
    ask = commands.add_parser("evaluate", help="train models on a log and print their figures")
    add = ask.add_argument
    _measured(ask)
    add("--triples", type=Path, help="a CSV of what is known of items: item, relation, entity")
    add("--test", type=Path, help="the held-out interactions of a given split")
    add("--model", required=True, help="ids, separated by commas")
    add("--params", nargs="+", action="extend", default=[], metavar="K=V",
        help="l2=500, or ease.l2=500 when there are several models")  # fmt: skip
    add("--tune", type=int, default=0, metavar="N",
        help="trials for every model on an inner validation, the defaults first")  # fmt: skip
    add("--refit", action="store_true",
        help="learn train and validation before the test; sequences always do")  # fmt: skip
    add("--shuffled", action="store_true",
        help="print each model beside pop and beside itself trained on shuffled interactions, "
        "which must fall to pop or below; takes twice the time")  # fmt: skip
    return root


def _measured(ask: argparse.ArgumentParser) -> None:
    """What every measuring takes."""
    add = ask.add_argument
    add("--log", required=True, type=Path, help="the log of interactions")
    add("--items", type=Path, help="a CSV of items: titles, categories, years, texts")
    add("--format", choices=FORMATS, help="of the logs; .csv and .tsv are events")
    add("--split", choices=NAMES, help="default auto, or given where --test is")
    add("--k", default="5,10,20", help="list lengths, separated by commas")
    add("--seed", type=int, default=0)
    add("--minimum", type=float,
        help="ratings from here on are positives, usually half of the largest")  # fmt: skip
    add("--json", type=Path, dest="out", metavar="OUT", help="where to write all figures")


def _transfer(ask: argparse.ArgumentParser) -> None:
    _measured(ask)
    add = ask.add_argument
    add("--from-log", required=True, type=Path, help="the log that is learnt from")
    add("--from-items", required=True, type=Path, help="a CSV of its items, with texts")
    add("--encoder", default="auto", help="what reads both catalogues: see two_tower_text")


def request(given: argparse.Namespace) -> Request:
    """The checked request. Raises Wrong naming the option and the mend."""
    models = _models(given.model)
    params = _params(given.params, models)
    if given.shuffled and POPULAR not in models:
        models, params = (POPULAR, *models), {POPULAR: {}} | params
    if given.tune < 0:
        raise Wrong(f"--tune must be 0 or more, got {given.tune}")
    if not 0 <= given.seed < SEEDS:
        raise Wrong(f"--seed must lie from 0 to {SEEDS - 1}, got {given.seed}")
    for option in ("log", "items", "triples", "test"):
        path = getattr(given, option)
        if path is not None and not path.is_file():
            raise Wrong(f"--{option}: there is no file {path}")
    if given.out is not None and (given.out.is_dir() or not given.out.absolute().parent.is_dir()):
        raise Wrong(f"--json: {given.out} is not a file in a folder that exists")
    return Request(
        log=given.log,
        items=given.items,
        format=_format(given.log, given.format),
        split=_split(given.split, given.test),
        test=given.test,
        models=models,
        params=params,
        ks=_ks(given.k),
        tune=given.tune,
        seed=given.seed,
        minimum=given.minimum,
        out=given.out,
        refit=given.refit,
        triples=given.triples,
        shuffled=given.shuffled,
    )


def _models(text: str) -> tuple[str, ...]:
    known = registry.models()
    models = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not models:
        raise Wrong("--model names no model")
    for name in models:
        if name not in known:
            raise Wrong(f"--model: there is no model {name!r}; known: {', '.join(known)}")
    return models


def _format(log: Path, given: str | None) -> str:
    found = given or BY_SUFFIX.get(log.suffix.lower())
    if found is None:
        raise Wrong(f"--format: {log.name} is no .csv or .tsv; say one of {', '.join(FORMATS)}")
    return found


def _split(name: str | None, test: Path | None) -> str:
    if test is not None and name not in (None, "given"):
        raise Wrong(f"--test brings a given split, but --split says {name}; leave one of them out")
    if test is None and name == "given":
        raise Wrong("--split given needs the held-out interactions: --test FILE")
    return "given" if test is not None else name or "auto"


def _ks(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 1 <= int(part) <= 1000 for part in parts):
        raise Wrong(f"--k must be whole numbers from 1 to 1000 separated by commas, got {text!r}")
    return tuple(sorted({int(part) for part in parts}))


def _params(pairs: Sequence[str], models: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Model -> {parameter: value}, each one checked against its range."""
    found: dict[str, dict[str, Any]] = {model: {} for model in models}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        model, dot, field = name.strip().rpartition(".")
        if not sign or not field:
            raise Wrong(f"--params: {pair!r} is not of the form name=value")
        if not dot and len(models) > 1:
            raise Wrong(f"--params: say which model: {models[0]}.{pair}")
        model = model if dot else models[0]
        if model not in found:
            raise Wrong(f"--params: {pair!r} is for a model that --model does not name")
        rule = registry.model_spec(model)["params"].get(field, {})
        found[model][field] = _value(text.strip(), rule)
    for model, given in found.items():
        try:
            registry.check_params(model, given)
        except registry.ParamError as error:
            raise Wrong(f"--params: {model}: {error}") from None
    return found


def _value(text: str, rule: dict[str, Any]) -> Any:
    """The text as the rule's type; what does not read stays text and is refused with the range."""
    if rule.get("type") in ("int", "float"):
        if text.casefold() in ("", "none") and rule["default"] is None:
            return None
        try:
            return float(text)
        except ValueError:
            return text
    if rule.get("type") == "bool":
        return {"true": True, "false": False}.get(text.casefold(), text)
    return text
