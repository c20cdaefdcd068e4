"""The door to training: what the worker does for a queue."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recweb.jobs.run import Run


def select(run: "Run") -> None:
    """Choose the samples of one queue, both arms, and open it."""
    from recweb.labeling import choosing

    choosing.work(run)


def shadow(run: "Run") -> None:
    """Two models, one on chosen labels and one on as many random ones, and which is better."""
    from recweb.labeling import shadow as shadows

    shadows.work(run)


def prelabel(run: "Run") -> None:
    """Ask the language model of the environment what it would answer."""
    from recweb.labeling import prelabel_run

    prelabel_run.work(run)


def endpoint_fault(language: str) -> str:
    """Why no language model can be asked, "" when one can. Nothing is asked to find out."""
    from training.endpoint.settings import fault

    return fault(language=language)
