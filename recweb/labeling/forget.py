"""A user is erased: samples about the user go, with their leases and labels."""

from recweb.labeling import marks
from recweb.labeling.models import MARKS, Label, Queue, QueueState, Sample, Shadow


def forget(dataset_id: int, user_code: int) -> dict[str, int]:
    mine = Sample.objects.filter(queue__dataset=dataset_id, user_code=user_code)
    labels = Label.objects.filter(sample__in=mine).count()
    samples = mine.count()
    touched = set(mine.values_list("queue", flat=True))
    mine.delete()
    for queue in Queue.objects.filter(pk__in=touched):
        _recount(queue)
    for one in Queue.objects.filter(dataset=dataset_id, strategy=MARKS):
        marks.recount(one)
    for row in Shadow.objects.filter(queue__dataset=dataset_id):
        row.pairs = [pair for pair in row.pairs if pair[0] != user_code]
        row.save(update_fields=["pairs"])
    return {"samples": samples, "labels": labels}


def _recount(queue: Queue) -> None:
    """What is gone is waited for no more. A queue that is still being chosen says what it wants."""
    left = queue.samples.all()
    counts = {"golds": left.exclude(gold=None).count()}
    if queue.state != QueueState.SELECTING:
        counts["size"] = left.count()
    Queue.objects.filter(pk=queue.pk).update(**counts)
