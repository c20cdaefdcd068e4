"""Users by id, items by id or title: a part is enough, also in Chinese (pg_trgm)."""

from django.db.models import Q, QuerySet

from recweb.datasets.models import Dataset, Item, Person
from recweb.datasets.rows import clean

LONGEST = 200  # characters of a query


def people(dataset: Dataset, text: str) -> "QuerySet[Person]":
    rows = Person.objects.filter(dataset=dataset)
    if wanted := clean(text.strip())[:LONGEST]:
        rows = rows.filter(outside_id__contains=wanted)
    return rows.order_by("-n_events", "code")


def items(dataset: Dataset, text: str) -> "QuerySet[Item]":
    rows = Item.objects.filter(dataset=dataset)
    if wanted := clean(text.strip())[:LONGEST]:
        rows = rows.filter(Q(title__icontains=wanted) | Q(outside_id=wanted))
    return rows.order_by("-n_events", "code")
