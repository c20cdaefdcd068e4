"""Order a study with its job, pause it, go on with it, train what it found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from recweb.datasets.models import Dataset, Version
from recweb.experiments import needs
from recweb.experiments import orders as runs
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job
from recweb.studies import objectives as goals
from recweb.studies.models import Study, Trial, TrialState
from training import registry

if TYPE_CHECKING:
    from recweb.people.models import User

Refused = runs.Refused
MOST_TRIALS = 200  # of one model
MOST = 600  # of a study: its page reads them all
MOST_MODELS = 12
MOST_MINUTES = 60 * 24 * 7
USUAL_TRIALS = 20


def most_workers() -> int:
    """As many trainings as one person may have running."""
    return int(settings.QUOTA_RUNNING)


def tunable(version: Version | None = None) -> dict[str, int]:
    """Model -> how many of its settings are looked for; the ones with none are left out, and those
    that predict stars: a study ranks lists."""
    timed = version is None or needs.data_of(version).timed
    found = {}
    for model, spec in registry.models().items():
        n = len(registry.space(spec, {}, timed=timed))
        if n and spec["kind"] != "rating":
            found[model] = n
    return found


def start(
    dataset: Dataset,
    *,
    owner: "User",
    models: Sequence[str],
    trials: int = USUAL_TRIALS,
    objectives: Sequence[str] = ("relevance",),
    split: str = "auto",
    seed: int = 0,
    version: Version | None = None,
    minutes: int | None = None,
    workers: int = 1,
    name: str = "",
) -> Study:
    """The row and its jobs in one transaction. Raises Refused naming the field, and Quota."""
    pinned = runs.pin(dataset, version)
    chosen = list(dict.fromkeys(models))
    check(pinned, chosen, trials, objectives, split, seed, minutes, workers)
    with transaction.atomic():
        study = Study.objects.create(
            dataset=dataset,
            version=pinned,
            name=name[:120],
            model_ids=chosen,
            trials=trials,
            objectives=[one.code for one in goals.chosen(objectives)],
            split=split,
            rules=dataset.rules,
            seed=seed,
            minutes=minutes,
            workers=workers,
            owner=owner,
        )
        study.job_id = _order(study, owner).pk
        study.save(update_fields=["job_id"])
        _order_helpers(study, owner)
    return study


def check(
    version: Version,
    models: Sequence[str],
    trials: int,
    objectives: Sequence[str],
    split: str,
    seed: int,
    minutes: int | None,
    workers: int,
) -> None:
    """Raises Refused at the first thing that cannot be."""
    _refuse_models(version, models, split, seed)
    _refuse_outside("trials", trials, 2, MOST_TRIALS)
    if trials * len(models) > MOST:
        words = _(
            "%(n)d trials of %(k)d models are %(all)d together; a study has at most %(most)d."
        )
        facts = {"n": trials, "k": len(models), "all": trials * len(models), "most": MOST}
        raise Refused("trials", words % facts)
    for code in objectives:
        if code not in goals.CODES:
            words = _("There is no objective “%(code)s”. Known: %(known)s.")
            known = ", ".join(goals.CODES)
            raise Refused("objectives", words % {"code": str(code)[:40], "known": known})
    if minutes is not None:
        _refuse_outside("minutes", minutes, 1, MOST_MINUTES)
    _refuse_outside("workers", workers, 1, most_workers())


def _refuse_models(version: Version, models: Sequence[str], split: str, seed: int) -> None:
    if not models:
        raise Refused("models", _("Choose at least one model."))
    if len(models) > MOST_MODELS:
        raise Refused("models", _("A study has at most %(n)d models.") % {"n": MOST_MODELS})
    known, data = tunable(version), needs.data_of(version)
    for model in models:
        if model in registry.models() and model not in known:
            words = _("%(name)s has no settings that a study could look for.")
            if registry.model_spec(model)["kind"] == "rating":
                words = _("%(name)s predicts stars, and a study judges lists: it cannot be tuned "
                          "here.")  # fmt: skip
            raise Refused("models", words % {"name": runs.model_name(model)})
        try:
            runs.check(version, model, {}, split, seed, data)
        except Refused as refused:
            field = refused.field if refused.field in ("split", "seed") else "models"
            named = refused.message if model not in known else (
                f"{runs.model_name(model)}: {refused.message}"
            )  # fmt: skip
            raise Refused(field, named) from None


def _refuse_outside(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        words = _("It must lie from %(low)s to %(high)s.") % {"low": low, "high": high}
        raise Refused(field, words)


def _order(study: Study, owner: "User", helper: int = 0) -> Job:
    def title() -> str:
        words = _("Tune %(models)s on %(data)s") % {
            "models": _(", ").join(runs.model_name(model) for model in study.model_ids),
            "data": study.dataset.name,
        }
        return f"{words[:180]} ({helper + 1})" if helper else words

    return jobs.order(
        "study", owner=owner, title=title, dataset_id=study.dataset_id, target_id=study.pk,
        params={"helper": helper} if helper else {},
    )  # fmt: skip


def _order_helpers(study: Study, owner: "User") -> None:
    for helper in range(1, study.workers):
        _order(study, owner, helper)


def job_of(study: Study) -> Job | None:
    return Job.objects.select_related("owner").filter(pk=study.job_id or 0).first()


def pause(study: Study) -> str:
    """Its jobs stop; the study keeps every trial. The new state."""
    job = job_of(study)
    if job is None or not job.is_live:
        raise Refused("state", _("This study does not run now."))
    return jobs.cancel(job)


def resume(study: Study, owner: "User") -> Job:
    """Go on with the trials that there are. Raises Refused, and Quota."""
    with transaction.atomic():
        row = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
        job = job_of(row)
        if job is None or job.is_live or not row.can_resume:
            raise Refused("state", _("Only a paused or failed study can go on."))
        jobs.retry(job)
        _order_helpers(row, owner)
    job.refresh_from_db()
    return job


def best(study: Study) -> Trial | None:
    """By relevance; of equal ones the earlier."""
    done = Trial.objects.filter(study=study, state=TrialState.DONE)
    return done.order_by("-value", "number", "pk").first()


def train(study: Study, trial: Trial, owner: "User") -> Experiment:
    """An ordinary run with the settings of a trial; the one that there is, when there is one."""
    if trial.state != TrialState.DONE:
        raise Refused("trial", _("Only a trial that came to its end can be trained."))
    with transaction.atomic():
        row = Trial.objects.select_for_update(of=("self",)).get(pk=trial.pk)
        known = Experiment.objects.filter(pk=row.experiment_id or 0, archived=None)
        made = known.exclude(state__in=["failed", "cancelled"]).first()
        if made is not None:
            return made
        made = runs.start(
            study.dataset,
            model=row.model,
            owner=owner,
            params=params_of(row),
            split=study.split,
            rules=study.rules,
            seed=study.seed,
            version=study.version,
            name=_("%(study)s: trial %(n)d of %(model)s")
            % {"study": str(study)[:60], "n": row.place, "model": runs.model_name(row.model)},
        )
        Trial.objects.filter(pk=row.pk).update(experiment=made)
    return made


def params_of(trial: Trial) -> dict[str, Any]:
    """All settings of a trial: those that were looked for, and the usual others."""
    return registry.check_params(trial.model, trial.params)
