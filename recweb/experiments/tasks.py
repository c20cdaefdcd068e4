"""The door to training: what the worker does with a run."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from recweb.experiments.models import Experiment

if TYPE_CHECKING:
    from pathlib import Path

    from recweb.jobs.run import Run


def train(run: "Run") -> None:
    """Split, fit, bundle, evaluate, compare with the baseline, publish."""
    from recweb.experiments import training_run

    training_run.train(run)


def fit_final(run: "Run", experiment: Experiment) -> "Path":
    """The run's configuration fitted on the whole log; the bundle's folder."""
    from recweb.experiments import training_run

    return training_run.fit_final(run, experiment)


def transfer(run: "Run") -> None:
    """What the texts of one log taught, measured on another."""
    from recweb.experiments import transfer_run

    transfer_run.transfer(run)


def compare(run: "Run") -> None:
    """Many users: the paired differences, kept for the page that asked."""
    from recweb.experiments import comparison

    runs = Experiment.objects.in_bulk([run.params["base"], *run.params["runs"]])
    run.progress(0, 1, _("compare"))
    others = [runs[pk] for pk in run.params["runs"] if pk in runs]
    comparison.keep(run.params["key"], paired(runs[run.params["base"]], others))


def paired(base: Experiment, runs: list[Experiment]) -> dict[str, Any]:
    """Differences of runs to base over common users. Raises jobs.run.Failure in words."""
    from recweb.experiments import comparing, comparison
    from recweb.jobs.run import Failure
    from training.store import Corrupt

    try:
        return comparing.against(base, runs, list(comparison.PAIRED))
    except Corrupt as damage:
        raise Failure(str(damage)) from None
