"""The rows of the log that the newest version has, in the order of the files."""

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet
from django.db.models import Value as Given

from recweb.datasets import exclusion
from recweb.datasets.models import Interaction, Kind, Version


class Counted:
    """Rows whose number is known: a paginator need not ask the table for it."""

    ordered = True

    def __init__(self, rows: "QuerySet[Interaction]", n: int) -> None:
        self.rows, self.n = rows, n

    def count(self) -> int:
        return self.n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, part: slice) -> "QuerySet[Interaction]":
        return self.rows[part]


def of(version: Version, *, everybody: bool = False) -> "QuerySet[Interaction]":
    """everybody: with the users whom the version leaves out."""
    found = Interaction.objects.filter(dataset_id=version.dataset_id)
    if version.profile.get("replaced", 1):
        files = version.imports.filter(kind=Kind.INTERACTIONS).order_by("loaded", "pk")
        order = list(files.values_list("pk", flat=True))
        found = found.filter(
            ~Exists(_later(version, order).filter(item_code=OuterRef("item_code")))
        )
        if version.profile["counts"].get("searches"):  # these have no item
            again = _later(version, order).filter(item_code=None)
            found = found.filter(Q(item_code__isnull=False) | ~Exists(again))
    out = [] if everybody else exclusion.left_out(version)
    return found.exclude(user_code__in=out) if out else found


def _later(version: Version, order: Sequence[int]) -> "QuerySet[Interaction]":
    """Rows of a file that came in later, of the outer row's user, event and time: when the item is
    the same, too, the last line stays, as arrays.resolve has it."""
    same = {"dataset_id": version.dataset_id, "user_code": OuterRef("user_code")}
    same["event"] = OuterRef("event")
    after = Q(place__gt=_place(order, OuterRef))
    if version.profile["quality"]["has_times"]:
        same["at"] = OuterRef("at")
    else:  # a file that has times says the same more than once where another one has none
        after |= Q(import_id=OuterRef("import_id"), line__gt=OuterRef("line"))
    return Interaction.objects.alias(place=_place(order, F)).filter(after, **same)


def _place(order: Sequence[int], row: "type[F]") -> Func:
    """Which of the files a row is of, from 1."""
    files = Given(list(order), output_field=ArrayField(BigIntegerField()))
    import_id = row("import_id")
    return Func(files, import_id, function="array_position", output_field=IntegerField())


def known(version: Version, event: str) -> int | None:
    """How many events of that name the version has ("": of all); None for an unknown one."""
    return {"": version.n_interactions, **dict(version.profile["events"])}.get(event)
