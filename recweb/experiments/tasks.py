"""The door to training: what the worker does with a run."""

from typing import TYPE_CHECKING

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
