"""`python -m training transfer`: learn on one log, measure on another, beside what it must beat."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.cli.arguments import Request, request
from training.cli.data import Data, load, top_n
from training.cli.resources import Meter
from training.cli.run import Report, Result, facts_of, measured
from training.cli.wrong import Wrong
from training.models.contract import quiet
from training.split import Split
from training.transfer import BLIND, rankings

Say = Callable[[str], None]


def transfer(given: Namespace, say: Say) -> Report:
    """Rows: the map of the first log; the same with the first log's texts on other items; the map
    of the second log's own train; pop and random. Raises Wrong on bad input before any training.
    """
    given.model, given.params, given.tune = ",".join(BLIND), [], 0
    given.triples = given.test = None
    given.refit = given.shuffled = False
    ours = request(given)
    if ours.items is None or not given.from_items.is_file() or not given.from_log.is_file():
        raise Wrong("transfer needs --from-log, --from-items, --log and --items")
    theirs = replace(ours, log=given.from_log, items=given.from_items, split="random")
    data = load(ours)
    first, second = _split(theirs, load(theirs)), _split(ours, data)
    assert first.items is not None and second.items is not None  # noqa: S101
    vectors = _vectors(first.items.texts, second.items.texts, given.encoder, say)
    results = []
    for name, fit in rankings(first, second, vectors, ours.seed):
        say(f"{name}: training")
        with Meter() as meter:
            made = fit(quiet)
        found = measured(made, second, "top-n", ours)  # type: ignore[arg-type]  # scores are all it asks
        results.append(Result(name, {}, found, meter.cost))
    return Report(facts_of(ours, data, second, None), tuple(results))


def _split(asked: Request, data: Data) -> Split:
    found = top_n(asked, data)
    if found.items is None or not any(found.items.texts):
        raise Wrong(f"--items: no item of {asked.log.name} has a text")
    return found


def _vectors(
    first: tuple[str, ...], second: tuple[str, ...], encoder: str, say: Say
) -> tuple[np.ndarray, np.ndarray]:
    """Both catalogues in one space: read together, so that letters have the same axes, too."""
    from training.encoders import pick
    from training.encoders.folders import Refused

    say(f"encoding {len(first) + len(second)} item texts")
    try:
        found, chosen = pick.encode(encoder, [*first, *second])
    except (FileNotFoundError, Refused) as error:
        raise Wrong(str(error)) from None
    if chosen.note:
        say(chosen.said("en"))
    return found[: len(first)], found[len(first) :]
