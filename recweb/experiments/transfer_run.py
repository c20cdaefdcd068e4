"""The job of a transfer: both logs, both catalogues in one space of texts, five rankings, one part.

Validation is what is ranked: test stays sealed, here as everywhere.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets import exports, reports
from recweb.datasets.models import ReportKind, Version
from recweb.experiments import measuring
from recweb.experiments.training_run import words
from recweb.experiments.transfer import CARRIED, METRICS
from recweb.jobs.run import Failure, Run
from training.encoders import folders, pick
from training.evaluate import Evaluation, evaluate
from training.features import Positives, Rule, positives
from training.log import load_items, load_log
from training.split import REASONS, Split, SplitError, everything, split
from training.transfer import DRAWS, dealt, rankings

if TYPE_CHECKING:
    from training.log import Items

SEED = 0
PART = "validation"
READ, ENCODED, RANKED = 5, 40, 75  # percent of the bar after the logs, the texts, the rankings
HEADLINE = "ndcg@10"
LOOKED = 1000  # users on whom chance is tried
Report = Callable[[int, int, str], None]


def transfer(run: Run) -> None:
    """params: against (version), encoder, split."""
    with reports.making(run, ReportKind.TRANSFER) as (version, against, figures):
        if against is None or against.dataset.deleted is not None:
            raise Failure(_("The dataset to learn from is not there any more."))
        run.progress(0, 100, _("Reading the logs"), "%")
        first, second = _splits(against, version, run.params["split"])
        vectors, note = _vectors(run, first, second)
        found = _measured(run, first, second, vectors)
        chance = _chance(run, first, second, vectors, found[CARRIED])
        figures |= _figures(found, first, second) | chance | note | run.params


def _splits(source: Version, target: Version, name: str) -> tuple[Split, Split]:
    """All of the source is learnt from; the target keeps two parts aside."""
    try:
        whole = everything(*_log(source))
        liked, items = _log(target)
        parts = split(liked, name, seed=SEED, items=items)
        if parts.validation.nnz == 0:
            raise SplitError("empty-part", name=parts.name, part=PART)
    except SplitError as error:
        raise Failure(words(REASONS, error.code, error.details)) from None
    return whole, parts


def _log(version: Version) -> "tuple[Positives, Items]":
    folder = exports.version_folder(version)
    log = load_log(folder / "log")
    rules = version.dataset.rules or [{"event": name} for name in log.event_names]
    return positives(log, [Rule(**rule) for rule in rules]), load_items(folder / "items")


def _vectors(
    run: Run, first: Split, second: Split
) -> tuple[tuple[np.ndarray, np.ndarray], dict[str, Any]]:
    """Read together, so that letters have the same axes, too."""
    assert first.items is not None and second.items is not None  # noqa: S101 - _log brings them
    texts = [*first.items.texts, *second.items.texts]
    try:
        made, chosen = pick.encode(
            run.params["encoder"],
            texts,
            progress=_step(run, READ, ENCODED, _("Encoding the texts")),
            cache=Path(settings.ARTIFACTS) / "vectors",
        )
    except folders.Refused as fault:
        raise Failure(fault.said(get_language() or "en")) from None
    note = {name: chosen.said(name) for name in ("en", "zh-hans")} if chosen.note else {}
    run.log(f"{len(texts)} texts by {chosen.name}")
    at = len(first.items.texts)
    return (made[:at], made[at:]), {"note": note, "read_by": chosen.name}


def _measured(
    run: Run, first: Split, second: Split, vectors: tuple[np.ndarray, np.ndarray]
) -> dict[str, Evaluation]:
    found = {}
    each = (RANKED - ENCODED) / 5
    for place, (name, fit) in enumerate(rankings(first, second, vectors, SEED)):
        low = ENCODED + place * each
        made = fit(_step(run, low, low + each / 2, _("Training")))
        report = _step(run, low + each / 2, low + each, _("Ranking the validation part"))
        found[name] = evaluate(made.scores, second, PART, distance=None, progress=report)
        values = {metric: float(np.mean(found[name].per_user[metric])) for metric in METRICS}
        run.log(f"{name}: {values}")
    return found


def _chance(
    run: Run,
    first: Split,
    second: Split,
    vectors: tuple[np.ndarray, np.ndarray],
    carried: Evaluation,
) -> dict[str, Any]:
    """How many transfers with texts dealt out at random do as well, on some of the users."""
    rng = np.random.default_rng(SEED)
    some = np.sort(rng.choice(len(carried.users), min(LOOKED, len(carried.users)), replace=False))
    mine, as_good = float(np.mean(carried.per_user[HEADLINE][some])), 0
    users = carried.users[some]
    for done, made in enumerate(dealt(first, second, vectors, SEED, users), 1):
        found = evaluate(made.scores, second, PART, distance=None, users=users, ks=(10,))
        as_good += float(np.mean(found.per_user[HEADLINE])) >= mine
        run.progress(RANKED + (99 - RANKED) * done / DRAWS, 100, _("Dealing texts out"), "%")
    run.log(f"{as_good} of {DRAWS} draws of texts do as well on {len(users)} users")
    p = (1 + as_good) / (1 + DRAWS)
    return {"chance": {"draws": DRAWS, "as_good": as_good, "p": p, "n": len(users)}}


def _figures(found: dict[str, Evaluation], first: Split, second: Split) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    carried = found[CARRIED]
    others = {name: each for name, each in found.items() if name != CARRIED}
    return {
        "rows": {
            name: measuring.table({key: each.per_user[key] for key in METRICS}, rng)
            for name, each in found.items()
        },
        "gaps": {
            name: measuring.compared(carried, each)["metrics"] for name, each in others.items()
        },
        "n": len(carried.users),
        "leak": second.leak,
        "split_used": second.name,
        "learnt_from": {
            "users": first.n_users,
            "items": first.n_items,
            "events": int(first.train.nnz),
        },
    }


def _step(run: Run, low: float, high: float, said: str) -> Report:
    def report(done: int, total: int, _words: str) -> None:
        run.progress(low + (high - low) * done / max(total, 1), 100, said, "%")

    return report
