"""What serves a dataset at this moment, in one query that is compiled once."""

import json
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet

from recweb.datasets.models import Dataset
from recweb.lib.prepared import Prepared
from recweb.people.models import Role, User
from recweb.tuning.models import Policy, PolicyState

# a run's figures and settings are large, and nothing of them is read here
READ = (
    "pk", "number", "bundle", "diversity", "lowest", "highest", "dataset_id",
    "dataset__repeats_wanted", "experiment__model", "experiment__rules",
)  # fmt: skip


@dataclass(frozen=True)
class Serving:
    pk: int
    number: int
    bundle: str
    diversity: float
    lowest: float
    highest: float
    dataset_id: int
    repeats_wanted: bool
    model: str
    rules: list[dict[str, Any]]

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> Self:
        values = [*row[:-1], json.loads(row[-1])]
        return cls(*values)


def _published(
    role: str, slug: str, user: int = 0, dataset: int | None = None
) -> QuerySet[Policy, Any]:
    asker = User(pk=user)
    asker.remember_groups([role.capitalize()])
    mine = Dataset.objects.visible(asker).filter(slug=slug)
    if dataset is not None:
        mine = mine.filter(pk=dataset)
    return Policy.objects.filter(dataset__in=mine, state=PolicyState.PUBLISHED).values_list(*READ)


PUBLISHED = Prepared(_published)


def serving(slug: str, asker: User, dataset: int | None) -> Serving | None:
    """None: nothing serves there that the asker may see. dataset: a serving token's only one."""
    given: dict[str, str | int] = {"slug": slug}
    if asker.role != Role.ADMIN:  # admins see all: their number is not in the query
        given["user"] = asker.pk
    if dataset is not None:
        given["dataset"] = dataset
    return next(map(Serving.of, PUBLISHED.rows(asker.role, **given)), None)
