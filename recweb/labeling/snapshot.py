"""What the answers of a queue say at this moment, one value a sample."""

from collections import Counter, defaultdict
from typing import Any

from django.db.models import QuerySet

from recweb.datasets.models import Dataset
from recweb.labeling.models import Label, Queue


def pairs(queue: Queue) -> list[list[Any]]:
    """[[user code, item code, value, arm], ...] of the answered samples, in the queue's order.
    A known answer is its sample's answer, whoever else has given one."""
    answers: dict[tuple[int, int, int, str], list[int]] = defaultdict(list)
    for known in queue.samples.exclude(gold=None).defer("context"):
        answers[known.order, known.user_code, known.item_code, known.arm] = [known.gold or 0]
    for order, user, item, arm, value in (
        live(sample__queue=queue)
        .order_by("sample__order", "pk")
        .values_list(
            "sample__order", "sample__user_code", "sample__item_code", "sample__arm", "value"
        )
    ):
        answers[order, user, item, arm].append(value)
    return [
        [user, item, agreed(values), arm]
        for (_order, user, item, arm), values in sorted(answers.items())
    ]


def of(queue_id: int, dataset: Dataset) -> list[list[Any]] | None:
    """For runs that name a queue by number; None when the dataset has no such queue."""
    queue = Queue.objects.filter(pk=queue_id, dataset=dataset).first()
    return None if queue is None else pairs(queue)


def live(**which: Any) -> QuerySet[Label]:
    """Labels that count: not undone, not late, and not those that measure the annotator."""
    return Label.objects.filter(**which, sample__gold=None, closed=None, late=False)


def agreed(values: list[int]) -> int:
    """The value that most people gave; without one, the mean rounded down: doubt is no praise."""
    ranked = Counter(values).most_common(2)
    if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
        return ranked[0][0]
    return sum(values) // len(values)
