"""Slugs: what a dataset is called in addresses."""

from django.utils.text import slugify

from recweb.datasets.models import Dataset

RESERVED = ("new", "deleted")


def free_slug(name: str) -> str:
    """From the name (a Chinese one gives none, so a number does), and not taken."""
    base = slugify(name)[:50] or "dataset"
    taken = set(Dataset.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken and base not in RESERVED:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
