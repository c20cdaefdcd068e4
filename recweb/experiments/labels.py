"""Labels of a queue as pairs that a run learns from: pinned into the run when it is ordered."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Avg

from recweb.datasets.models import Dataset

Pairs = list[list[Any]]  # [[user code, item code, value, arm], ...]
_sources: list[Callable[[int, Dataset], Pairs | None]] = []


def provide(source: Callable[[int, Dataset], Pairs | None]) -> None:
    """For labeling, which stands right of here: its own way to read a queue."""
    _sources.append(source)


def of(queue_id: int, dataset: Dataset) -> Pairs | None:
    """None when the dataset has no such queue. Several answers to a sample: their mean, rounded."""
    if _sources:
        return _sources[-1](queue_id, dataset)
    queues = apps.get_model("labeling", "Queue").objects.filter(pk=queue_id, dataset=dataset)
    if not queues.exists():
        return None
    live = apps.get_model("labeling", "Label").objects.filter(
        sample__queue=queue_id, closed=None, late=False
    )
    rows = live.values_list("sample__user_code", "sample__item_code", "sample__arm")
    answered = rows.annotate(value=Avg("value")).order_by("sample__user_code", "sample__item_code")
    return [[user, item, int(value + 0.5), arm] for user, item, arm, value in answered]
