"""Did choosing samples buy more than drawing them? Two models that differ in nothing else.

1. random labels are cut in two by hash: one half only measures, the other trains the shadow
2. as many chosen labels as the shadow has, the queue's first ones, train its rival
3. both are ranked on validation, with every labelled pair out of candidates and truth of both
4. both order the measuring half: an answer of 2 or 3 should stand above one of 0 or 1
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from recweb.experiments import data, measuring
from recweb.experiments.models import Experiment
from recweb.jobs.models import State
from recweb.jobs.run import Run
from recweb.labeling.models import RELEVANT, Shadow
from recweb.labeling.shadows import Arms, divide
from training import registry
from training.evaluate import Evaluation, evaluate
from training.models.contract import Progress
from training.split import Split
from training.store import Checkpoint

Floats = npt.NDArray[np.float64]
Pairs = list[list[Any]]
DRAWS = 1000


@dataclass(frozen=True)
class Trained:
    found: Evaluation  # on validation
    places: Floats  # of the measuring half: share of the user's unseen items that stand below


def work(run: Run) -> None:
    row = Shadow.objects.select_related("queue__experiment__version").get(pk=run.target_id or 0)
    with run.fenced():
        Shadow.objects.filter(pk=row.pk).update(state=State.RUNNING)
    experiment = row.queue.experiment
    split = data.load_split(experiment, _part(run, 0, 20, _("read the log")))
    arms = divide(row.pairs)
    exclude = data.labelled(split, experiment.label_pairs + row.pairs)
    chosen, drawn = (
        _train(run, experiment, split, pairs, arms.measure, exclude, begin)
        for pairs, begin in ((arms.chosen, 20), (arms.drawn, 60))
    )
    rng = np.random.default_rng(experiment.seed)
    facts = {
        **measuring.compared(chosen.found, drawn.found),
        "labels": len(arms.drawn),
        "relevant": [_relevant(arms.chosen), _relevant(arms.drawn)],
        "measure": measured(arms, chosen.places, drawn.places, rng),
    }
    with run.fenced():
        Shadow.objects.filter(pk=row.pk).update(state=State.DONE, facts=facts)
    run.log(f"{len(arms.drawn)} labels each, {len(arms.measure)} to measure")


def _train(
    run: Run, experiment: Experiment, split: Split, pairs: Pairs, measure: Pairs, exclude: Any,
    begin: int,
) -> Trained:  # fmt: skip
    learnt = data.with_labels(split, pairs)
    words = _("train on chosen labels") if begin == 20 else _("train on random labels")
    model = registry.load_model(experiment.model)(**experiment.params).fit(
        learnt,
        rng=np.random.default_rng(experiment.seed),
        progress=_part(run, begin, begin + 30, words),
        checkpoint=Checkpoint(run.checkpoints / str(begin)),
    )
    found = evaluate(model.scores, learnt, "validation", distance=None, exclude=exclude)
    run.progress(begin + 38, 100, words, "%")
    return Trained(found, places(model.scores, split, measure))


def _part(run: Run, low: int, high: int, words: str) -> Progress:
    def report(done: int, total: int, text: str) -> None:
        share = low + (high - low) * done / max(total, 1)
        run.progress(share, 100, f"{words}: {text}", "%")

    return report


def places(scores: Any, split: Split, pairs: Pairs) -> Floats:
    """Each pair's place among what its user has not seen: 1 on top, ties in the middle."""
    out = np.full(len(pairs), np.nan)
    by_user: dict[int, list[int]] = {}
    for row, pair in enumerate(pairs):
        by_user.setdefault(pair[0], []).append(row)
    for user, rows in by_user.items():
        mine = np.asarray(scores(np.array([user])), np.float64)[0]
        unseen = np.ones(len(mine), bool)
        unseen[split.train[user].indices] = False
        for row in rows:
            value = mine[pairs[row][1]]
            below = (mine[unseen] < value).mean() + (mine[unseen] == value).mean() / 2
            out[row] = below
    return out


def measured(
    arms: Arms, chosen: Floats, drawn: Floats, rng: np.random.Generator
) -> dict[str, Any] | None:
    """How often a wanted pair stands above an unwanted one, in both models, and the difference
    with its interval over drawn samples; None while one of the two is missing."""
    wanted = np.array([pair[2] >= RELEVANT for pair in arms.measure], bool)
    if not wanted.any() or wanted.all():
        return None
    gaps = []
    for _draw in range(DRAWS):
        rows = rng.integers(0, len(wanted), len(wanted))
        if wanted[rows].any() and not wanted[rows].all():
            gaps.append(above(chosen[rows], wanted[rows]) - above(drawn[rows], wanted[rows]))
    low, high = np.quantile(gaps, [0.025, 0.975])
    one, other = above(chosen, wanted), above(drawn, wanted)
    return {"n": len(wanted), "relevant": int(wanted.sum()), "chosen": one, "random": other,
            "difference": one - other, "lo": float(low), "hi": float(high)}  # fmt: skip


def above(values: Floats, wanted: npt.NDArray[np.bool_]) -> float:
    """The area under the ROC curve: P(wanted above unwanted), ties half (Mann and Whitney 1947)."""
    pairs = values[wanted][:, None] - values[~wanted][None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


def _relevant(pairs: Pairs) -> int:
    return sum(pair[2] >= RELEVANT for pair in pairs)
