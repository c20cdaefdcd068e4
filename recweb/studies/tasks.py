"""The door to training: what the worker does with a study."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recweb.jobs.run import Run


def search(run: "Run") -> None:
    """Trials until the budget is spent."""
    from recweb.studies import search as at_work

    at_work.search(run)
