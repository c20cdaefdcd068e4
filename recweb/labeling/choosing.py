"""The samples of a queue: uncertain pairs of a trained run, and random ones between them.

1. what must not come: pairs of the log, and pairs that another queue of the dataset asked
2. the random arm, evenly over all free pairs      3. the uncertain arm, from the run's lists
4. both interleaved, each with what the model knew of the user, written in one fenced step
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from recweb.datasets import exports
from recweb.experiments import artifacts, data
from recweb.experiments.models import Experiment
from recweb.jobs.run import Failure, Run
from recweb.labeling.models import Arm, Queue, QueueState, Sample
from recweb.labeling.samples import SHOWN
from training.log import load_log
from training.select.arms import arms
from training.select.draw import draw
from training.select.uncertainty import spread, uncertainty
from training.split import Split
from training.store import read

Ints = npt.NDArray[np.int64]
K, PER_USER = 10, 3  # the list's length, samples a user


@dataclass(frozen=True)
class Picked:
    """Aligned arrays; score and uncertainty are NaN in the random arm."""

    users: Ints
    items: Ints
    scores: npt.NDArray[np.float64]
    uncertainties: npt.NDArray[np.float64]


def work(run: Run) -> None:
    queue = Queue.objects.select_related("experiment__version").get(pk=run.target_id or 0)
    rng = np.random.default_rng(queue.seed)
    run.progress(0, 100, _("read the log"), "%")
    split = _split(run, queue.experiment)
    taken, people = _taken(queue, split)
    places = arms(queue.size, rng)
    run.progress(40, 100, _("draw the random arm"), "%")
    even = _random(split, people, taken, int(places.sum()), rng)
    taken = np.union1d(taken, even.users * split.n_items + even.items)
    run.progress(60, 100, _("find the uncertain pairs"), "%")
    unsure = _uncertain(queue.experiment, split, taken, int((~places).sum()), rng)
    samples = _interleaved(queue, places, even, unsure, split)
    if not samples:
        raise Failure(_("There is no pair left to ask about: all were seen or asked before."))
    run.progress(90, 100, _("write the queue"), "%")
    with run.fenced():
        Sample.objects.filter(queue=queue).delete()
        Sample.objects.bulk_create(samples, batch_size=1000)
        Queue.objects.filter(pk=queue.pk, state=QueueState.SELECTING).update(
            state=QueueState.OPEN, size=len(samples)
        )
    run.log(f"{len(unsure.users)} uncertain and {len(even.users)} random pairs")


def _split(run: Run, experiment: Experiment) -> Split:
    """The parts of the run without earlier labels: what a person sees is the log alone."""
    experiment.label_pairs = []  # of this copy of the row, which is never saved
    return data.load_split(
        experiment,
        lambda done, total, words: run.progress(30 * done / max(total, 1), 100, words),
    )


def _taken(queue: Queue, split: Split) -> tuple[Ints, Ints]:
    """Pairs that may not be asked, as user * n_items + item, and the people of the log."""
    log = load_log(exports.version_folder(queue.experiment.version) / "log")
    seen = log.items >= 0
    users, items = log.users[seen].astype(np.int64), log.items[seen].astype(np.int64)
    known = set(np.flatnonzero(np.diff(split.train.indptr) > 0).tolist())
    asked = Sample.objects.filter(queue__dataset=queue.dataset_id).exclude(queue=queue)
    before = np.array(
        [user * split.n_items + item for user, item in asked.values_list("user_code", "item_code")],
        np.int64,
    )
    people = np.array(sorted(known), np.int64)
    return np.union1d(users * split.n_items + items, before), people


def _random(split: Split, people: Ints, taken: Ints, size: int, rng: np.random.Generator) -> Picked:
    users, items = draw(people, split.n_items, taken, size, rng)
    none = np.full(len(users), np.nan)
    return Picked(users, items, none, none)


def _uncertain(
    experiment: Experiment, split: Split, taken: Ints, size: int, rng: np.random.Generator
) -> Picked:
    arrays, _meta = read(artifacts.folder(experiment) / "validation", verify=False)
    users = np.asarray(arrays["users"], np.int64)
    items = np.asarray(arrays["candidates"], np.int64)
    scores = np.asarray(arrays["candidate_scores"], np.float64)
    unseen = (items >= 0) & ~np.isin(users[:, None] * split.n_items + items, taken)
    values = uncertainty(scores, unseen, K)
    rows, columns = spread(values, size, rng, PER_USER)
    return Picked(users[rows], items[rows, columns], scores[rows, columns], values[rows, columns])


def _interleaved(
    queue: Queue, places: npt.NDArray[np.bool_], even: Picked, unsure: Picked, split: Split
) -> list[Sample]:
    """Where one arm has run dry the other goes on; the order says nothing about the arm."""
    wanted = {True: iter(range(len(even.users))), False: iter(range(len(unsure.users)))}
    known: dict[int, list[list[float | None]]] = {}
    valued = _says_values(queue.experiment)
    out: list[Sample] = []
    for is_random in places.tolist():
        row = next(wanted[is_random], None)
        if row is None:
            continue
        picked = even if is_random else unsure
        user = int(picked.users[row])
        if user not in known:
            known[user] = _context(split, user, valued=valued)
        out.append(
            Sample(
                queue=queue,
                order=len(out),
                user_code=user,
                item_code=int(picked.items[row]),
                arm=Arm.RANDOM if is_random else Arm.UNCERTAIN,
                score=_number(picked.scores[row]),
                uncertainty=_number(picked.uncertainties[row]),
                wanted=queue.overlap,
                context=known[user],
            )
        )
    return out


def _says_values(experiment: Experiment) -> bool:
    """Whether the confidence of a pair is what the log says of it, such as its stars."""
    rules = experiment.rules
    plain = (rule.get("confidence") == "value" and rule.get("weight", 1) == 1 for rule in rules)
    return bool(rules) and all(plain)


def _context(split: Split, user: int, *, valued: bool) -> list[list[float | None]]:
    """[item code, time, value] of what the person chose, newest first, or else dearest first."""
    mine = split.train[user]
    at = None if split.train_at is None else split.train_at[user].data
    order = np.argsort(-(mine.data if at is None else at), kind="stable")[:SHOWN]
    return [
        [
            int(mine.indices[row]),
            None if at is None else int(at[row]),
            float(mine.data[row]) if valued else None,
        ]
        for row in order.tolist()
    ]


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
