"""Where to look at what a job made."""

from django.urls import reverse

from recweb.datasets.models import Dataset
from recweb.datasets.routes import ROUTES
from recweb.jobs.models import Job
from recweb.people.models import User

PAGES = {
    "health": "dataset-health",
    "diff": "dataset-diff",
    "anonymity": "dataset-privacy",
    "erase": "dataset-privacy",
    "pictures": "dataset-pictures",
}
TABS = {"weights": "settings", "exclude": "versions"}


def of(job: Job, user: User) -> str:
    """The address of the page; "" where there is none (any more), or none for this user."""
    found = Dataset.objects.filter(pk=job.dataset_id or 0, deleted=None).values_list("slug")
    slug = found.first()
    if slug is None:
        return ""
    if job.kind == "import":
        return reverse("import", args=[*slug, job.target_id])
    if page := PAGES.get(job.kind):
        return reverse(page, args=slug) if user.may(ROUTES[page]["GET"]) else ""
    return f"{reverse('dataset', args=slug)}?tab={TABS[job.kind]}"
