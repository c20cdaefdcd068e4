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
