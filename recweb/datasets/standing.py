"""The rows of the log that the newest version has, in the order of the files."""

from django.db.models import QuerySet

from recweb.datasets import exclusion
from recweb.datasets.models import Interaction, Kind, Version

# as arrays.resolve: of equal events the line of the file that came in last stays
LAST = """
    NOT EXISTS (
        SELECT FROM datasets_interaction later
        WHERE later.dataset_id = %s
        AND later.user_code = datasets_interaction.user_code
        AND coalesce(later.item_code, -1) = coalesce(datasets_interaction.item_code, -1)
        AND later.event = datasets_interaction.event{time}
        AND array_position(%s::bigint[], later.import_id)
            > array_position(%s::bigint[], datasets_interaction.import_id)
    )
"""


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
        timed = version.profile["quality"]["has_times"]
        where = LAST.format(time=" AND later.at = datasets_interaction.at" if timed else "")
        found = found.extra(where=[where], params=[version.dataset_id, order, order])
    out = [] if everybody else exclusion.left_out(version)
    return found.extra(where=["user_code <> ALL(%s::int[])"], params=[out]) if out else found


def known(version: Version, event: str) -> int | None:
    """How many events of that name the version has (\"\": of all); None for an unknown one."""
    return {"": version.n_interactions, **dict(version.profile["events"])}.get(event)
