"""Where to look at what a job made."""

from django.urls import reverse

from recweb.datasets.models import Dataset
from recweb.jobs.models import Job

PAGES = {
    "health": "dataset-health",
    "diff": "dataset-diff",
    "anonymity": "dataset-privacy",
    "erase": "dataset-privacy",
    "pictures": "dataset-pictures",
}
TABS = {"weights": "settings", "exclude": "versions"}


def of(job: Job) -> str:
    """The address of the page; "" where there is none (any more)."""
    found = Dataset.objects.filter(pk=job.dataset_id or 0, deleted=None).values_list("slug")
    slug = found.first()
    if slug is None:
        return ""
    if job.kind == "import":
        return reverse("import", args=[*slug, job.target_id])
    if job.kind in PAGES:
        return reverse(PAGES[job.kind], args=slug)
    return f"{reverse('dataset', args=slug)}?tab={TABS[job.kind]}"
