"""A user is erased: a study holds settings and means, nobody's events."""

from recweb.studies.models import Study


def forget(dataset_id: int, user_code: int) -> dict[str, int]:
    """Studies stay, marked by their version's `redacted`: they are older than the erasure."""
    return {"stale_studies": Study.objects.filter(dataset=dataset_id).count()}
