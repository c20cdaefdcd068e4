"""Who does which trial next. One decides at a time, so a budget is never passed.

A trial belongs to an attempt of a job. When that attempt is over (killed, paused, taken over), the
trial is done again from its beginning, with the same settings and under the same number.
"""

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from recweb.jobs.models import Job, State
from recweb.studies.models import ENDED, Study, Trial, TrialState

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from recweb.jobs.run import Run

    # (model, its trials so far) -> settings of the next one
    Propose = Callable[[str, list[Trial]], dict[str, Any]]

LOCK = 4_201_004  # advisory, with the study's number
TRIES = 3  # a trial whose worker is lost each time is not tried for ever
LOST = "lost"  # error of such a trial: the page has the words


def take(run: "Run", study: Study, propose: "Propose") -> Trial | None:
    """The next trial, now this attempt's; None when nothing is left to begin."""
    with run.fenced():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, study.pk])
        rows = list(Trial.objects.filter(study=study).order_by("number", "pk"))
        left = _left_behind(rows)
        if left is not None:
            return _again(run, left)
        model = _next_model(study, rows)
        if model is None or over_time(study, rows):
            return None
        mine = [row for row in rows if row.model == model]
        return Trial.objects.create(
            study=study,
            model=model,
            number=len(mine),
            params=propose(model, mine),
            job_id=run.job.pk,
            attempt=run.attempt,
            started=Now(),
        )


def others_at_work(study: Study) -> bool:
    return Trial.objects.filter(study=study, state=TrialState.RUNNING).exists()


def over_time(study: Study, rows: list[Trial]) -> bool:
    """Counted over all trials, so that a pause or a second worker changes nothing."""
    if study.minutes is None:
        return False
    return sum(row.seconds or 0.0 for row in rows) >= 60.0 * study.minutes


def _next_model(study: Study, rows: list[Trial]) -> str | None:
    """In turn: wherever a study is stopped, no model had two trials more than another."""
    counts = {model: 0 for model in study.model_ids}
    for row in rows:
        counts[row.model] = counts.get(row.model, 0) + 1
    open_ = [model for model in study.model_ids if counts[model] < study.trials]
    return min(open_, key=lambda model: counts[model], default=None)


def _left_behind(rows: list[Trial]) -> Trial | None:
    """A running one whose attempt is over."""
    running = [row for row in rows if row.state == TrialState.RUNNING]
    if not running:
        return None
    taken = (State.RUNNING, State.CANCELLING)
    jobs = Job.objects.filter(pk__in={row.job_id for row in running}, state__in=taken)
    alive = set(jobs.values_list("pk", "attempt"))
    return next((row for row in running if (row.job_id, row.attempt) not in alive), None)


def _again(run: "Run", trial: Trial) -> Trial:
    trial.job_id, trial.attempt, trial.tries = run.job.pk, run.attempt, trial.tries + 1
    trial.steps = {}
    trial.save(update_fields=["job_id", "attempt", "tries", "steps"])
    return trial


def leave(run: "Run", trial: Trial) -> None:
    """Asked to stop in the middle: that is no loss, however often somebody pauses."""
    if run.stopping in ("cancel", "shutdown"):
        mine = Trial.objects.filter(pk=trial.pk, job_id=run.job.pk, attempt=run.attempt)
        mine.filter(state=TrialState.RUNNING).update(tries=F("tries") - 1)


def end(run: "Run", trial: Trial, **facts: object) -> None:
    """Only by the attempt whose it is."""
    with run.fenced():
        mine = Trial.objects.filter(pk=trial.pk, job_id=run.job.pk, attempt=run.attempt)
        mine.filter(state=TrialState.RUNNING).update(finished=Now(), **facts)


def n_ended(study: Study) -> int:
    return Trial.objects.filter(study=study, state__in=ENDED).count()
