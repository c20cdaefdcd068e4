"""A study at work, in the worker's child process: take a trial, do it, write it down, until the
budget is spent. The test part of the data is not there to be looked at."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.experiments import orders
from recweb.jobs.models import LIVE, State
from recweb.jobs.run import Failure, Run, Stopped
from recweb.studies import claims, objectives
from recweb.studies.material import Material
from recweb.studies.models import Study, Trial, TrialState
from training import registry
from training.tune.memory import Memory, Past, importances
from training.tune.room import room
from training.tune.trial import Outcome, attempt

WAIT = 0.5  # seconds between two looks at what other workers still do
EVERY = 5  # trials between two looks at what mattered


def search(run: Run) -> None:
    study = Study.objects.select_related("dataset", "version").get(pk=run.target_id or 0)
    if study.state not in LIVE:
        return  # a helper that comes when the study is paused or over
    main = study.job_id == run.job.pk
    Study.objects.filter(pk=study.pk, state__in=LIVE).update(state=State.RUNNING)
    Study.objects.filter(pk=study.pk, started=None).update(started=Now())
    found = Search(run, study)
    while True:
        trial = claims.take(run, study, found.propose)
        if trial is not None:
            found.do(trial)
        elif main and claims.others_at_work(study):
            found.report(_("waiting for the other workers"))
            time.sleep(WAIT)
        else:
            break
    if main:
        found.conclude()


class Search:
    """One process's part in a study; every fact that counts is in the study's rows."""

    def __init__(self, run: Run, study: Study) -> None:
        self.run, self.study = run, study
        self.objectives = objectives.chosen(study.objectives)
        self.material = Material(run, study)
        self.n_ended = claims.n_ended(study)
        self.report(_("read the log"))
        usual = self.material.usual().split
        timed = usual.train_at is not None
        space = {
            model: room(model, usual.train, fixed={}, timed=timed) for model in study.model_ids
        }
        self.space: dict[str, dict[str, dict[str, Any]]] = space
        Study.objects.filter(pk=study.pk).update(space=space, split_facts=self.material.facts())

    def propose(self, model: str, mine: list[Trial]) -> dict[str, Any]:
        return self._memory(model, mine).propose()

    def do(self, trial: Trial) -> None:
        name = f"{orders.model_name(trial.model)} {trial.place}/{self.study.trials}"
        self.run.log(f"{trial.model} trial {trial.place}: {trial.params}")
        if trial.tries > claims.TRIES:
            self._end(trial, Outcome("failed", error=claims.LOST))
            return
        try:
            orders.check(
                self.study.version, trial.model, trial.params, self.study.split, self.study.seed
            )
        except orders.Refused as refused:  # more memory than there is: not even begun
            self._end(trial, Outcome("failed", error=refused.message))
            return
        params = registry.check_params(trial.model, trial.params)
        judge = self.material.judge(trial.model, params)
        prune = self._pruner(trial)
        try:
            found = attempt(trial.model, params, judge, self._progress(name), prune)
        except Stopped:
            claims.leave(self.run, trial)
            raise
        self._end(trial, found)

    def conclude(self) -> None:
        for model in self.study.model_ids:
            self._weigh(model)
        rows = Trial.objects.filter(study=self.study)
        if not rows.filter(state=TrialState.DONE).exists():
            last = rows.exclude(error="").order_by("-number").values_list("error", flat=True)
            words = _("No trial could be done. The last one said: %(error)s")
            raise Failure(words % {"error": last.first() or _("nothing")})
        self.report(_("done"))

    def report(self, step: str, share: float = 0.0) -> None:
        done = min(self.n_ended + share, float(self.study.budget))
        self.run.progress(done, self.study.budget, step, _("trials"))

    def _end(self, trial: Trial, found: Outcome) -> None:
        values = {name: _finite(value) for name, value in found.values.items()}
        if found.state == "done":
            values["cpu_seconds"] = round(found.cost.cpu_seconds, 4)
        claims.end(
            self.run,
            trial,
            state=found.state,
            values=values,
            value=values.get(objectives.HEADLINE),
            steps={str(epoch): value for epoch, value in found.steps.items()},
            seconds=round(found.cost.seconds, 4),
            cpu_seconds=round(found.cost.cpu_seconds, 4),
            peak_mb=round(found.cost.peak_mb, 1),
            error=found.error[:2000],
        )
        said = found.error or " ".join(
            f"{one.measure} {values[one.measure]:.4f}"
            for one in self.objectives
            if values.get(one.measure) is not None
        )
        self.run.log(f"{trial.model} trial {trial.place} {found.state}: {said}")
        self.n_ended = claims.n_ended(self.study)
        if trial.place % EVERY == 0:
            self._weigh(trial.model)

    def _weigh(self, model: str) -> None:
        """Which of its settings mattered; another worker's later word replaces ours."""
        rows = list(Trial.objects.filter(study=self.study, model=model).order_by("number"))
        found = importances(self._memory(model, rows), seed=0)
        if not found:
            return
        known = Study.objects.values_list("importances", flat=True).get(pk=self.study.pk)
        Study.objects.filter(pk=self.study.pk).update(importances={**known, model: found})

    def _memory(self, model: str, rows: list[Trial]) -> Memory:
        directions = [one.direction for one in self.objectives]
        past = [self._past(row) for row in rows]
        return Memory(model, self.space[model], directions, past, self.study.seed)

    def _past(self, row: Trial) -> Past:
        values = objectives.values(row, self.objectives)
        steps = {int(epoch): value for epoch, value in row.steps.items()}
        if row.state == TrialState.DONE and values is None:  # a list measure nobody has
            return Past("failed", row.params)
        return Past(row.state, row.params, values or (), steps)  # type: ignore[arg-type]

    def _pruner(self, trial: Trial) -> Callable[[int, float], bool] | None:
        """Only with one objective, of a model that learns epoch by epoch; the others' trials are
        read once, when this one begins."""
        by_epochs = "epochs" in registry.model_spec(trial.model)["params"]
        if len(self.objectives) > 1 or not by_epochs:
            return None
        rows = Trial.objects.filter(study=self.study, model=trial.model, state="done")
        memory = self._memory(trial.model, list(rows.order_by("number")))
        steps: dict[int, float] = {}

        def prune(epoch: int, value: float) -> bool:
            steps[epoch] = value
            return memory.prune(trial.params, steps)

        return prune

    def _progress(self, name: str) -> Callable[[int, int, str], None]:
        def progress(done: int, total: int, step: str) -> None:
            self.report(f"{name}: {step}", done / max(total, 1) * 0.98)

        return progress


def _finite(value: float) -> float | None:
    """JSON knows no NaN."""
    return round(float(value), 8) if np.isfinite(value) else None
