"""A user is erased: samples about the user go, with their leases and labels."""

from recweb.labeling.models import Label, Sample


def forget(dataset_id: int, user_code: int) -> dict[str, int]:
    mine = Sample.objects.filter(queue__dataset=dataset_id, user_code=user_code)
    labels = Label.objects.filter(sample__in=mine).count()
    samples = mine.count()
    mine.delete()
    return {"samples": samples, "labels": labels}
