"""A user is erased: samples about the user go, with their leases and labels."""

from recweb.labeling import marks
from recweb.labeling.models import MARKS, Label, Queue, Sample, Shadow


def forget(dataset_id: int, user_code: int) -> dict[str, int]:
    mine = Sample.objects.filter(queue__dataset=dataset_id, user_code=user_code)
    labels = Label.objects.filter(sample__in=mine).count()
    samples = mine.count()
    known = set(mine.exclude(gold=None).values_list("queue", flat=True))
    mine.delete()
    for queue in known:
        left = Sample.objects.filter(queue=queue).exclude(gold=None).count()
        Queue.objects.filter(pk=queue).update(golds=left)
    for one in Queue.objects.filter(dataset=dataset_id, strategy=MARKS):
        marks.recount(one)
    for row in Shadow.objects.filter(queue__dataset=dataset_id):
        row.pairs = [pair for pair in row.pairs if pair[0] != user_code]
        row.save(update_fields=["pairs"])
    return {"samples": samples, "labels": labels}
