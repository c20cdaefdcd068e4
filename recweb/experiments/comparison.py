"""A comparison that was worked out once is kept: which runs may be paired, and where it lies."""

import hashlib
import json
import os
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from recweb.experiments import tasks
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.people.models import User

PAIRED = ("ndcg@10", "recall@10", "mrr@10", "ild@10", "epc@10", "tail@10")
AT_ONCE = 3_000  # users; with more the worker does it
KIND = "compare"
DRAWN = {"random", "cold-item", "cold-user"}  # splits that depend on the seed


def group(run: Experiment) -> tuple[Any, ...]:
    """Runs of the same group were measured on the same users and the same held-out items."""
    facts = run.split_facts or {}
    name = facts.get("name") or run.split
    seed = run.seed if name in DRAWN else 0
    rules, labels = json.dumps(run.rules, sort_keys=True), json.dumps(run.label_pairs)
    return (run.version_id, name, seed, rules, labels)


def ready(run: Experiment) -> bool:
    """It has figures of single users."""
    return run.state == State.DONE and bool(run.folder)


def pairable(base: Experiment, runs: list[Experiment]) -> list[Experiment]:
    if not ready(base):
        return []
    mine = group(base)
    done = [run for run in runs if ready(run) and run.pk != base.pk]
    return [run for run in done if group(run) == mine]


def key(base: Experiment, runs: list[Experiment]) -> str:
    facts = [base.pk, base.folder, sorted((run.pk, run.folder) for run in runs), PAIRED, 1]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def path(name: str) -> Path:
    return Path(settings.ARTIFACTS) / "comparisons" / f"{name}.json"


def kept(name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path(name).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found


def keep(name: str, found: dict[str, Any]) -> None:
    """All or nothing: a reader never sees half a file."""
    target = path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{name}.{uuid.uuid4().hex}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(found, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)


def small(runs: list[Experiment]) -> bool:
    """Worked out within the request, in well under a second."""
    return all(int(run.split_facts.get("n_evaluated") or 0) <= AT_ONCE for run in runs)


def found(base: Experiment, runs: list[Experiment]) -> dict[str, Any] | None:
    """Kept, or worked out now when it is small; None: order it."""
    if not runs:
        return {}
    name = key(base, runs)
    known = kept(name)
    if known is None and small([base, *runs]):
        known = tasks.paired(base, runs)
        keep(name, known)
    return known


def order(base: Experiment, runs: list[Experiment], owner: User) -> Job:
    """The job that works it out; the one that does already, if one does."""
    name = key(base, runs)
    params = {"key": name, "base": base.pk, "runs": [run.pk for run in runs]}
    with transaction.atomic():
        Experiment.objects.select_for_update().get(pk=base.pk)  # two clicks, one job
        live = Job.objects.live().filter(kind=KIND, params__key=name).first()
        if live is not None:
            return live
        return jobs.order(
            KIND,
            owner=owner,
            title=lambda: _("Compare %(n)d runs with %(base)s") % {"n": len(runs), "base": base},
            dataset_id=base.dataset_id,
            target_id=base.pk,
            params=params,
        )
