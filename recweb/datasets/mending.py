"""Rows that were put aside come again, mended: those rows only, as a small file of their own.

The small file has its own account. When it is in, its rows leave the account of the first file:
so every row of what was uploaded stands in exactly one account, whatever happens in between.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from recweb.datasets import imports
from recweb.datasets.models import Import, ImportState, Quarantined

if TYPE_CHECKING:
    from recweb.jobs.models import Job
    from recweb.jobs.run import Run
    from recweb.people.models import User
    from training.clean import BadRow

# what a whole file should hear and a handful of its rows cannot tell
OF_THE_WHOLE = frozenset(
    "one-time one-user-only one-item-only user-dominates item-dominates users-once".split()
)
LONGEST = 20_000  # characters of a mended row
KEPT = 2000  # of a row as it was put aside; a longer one is not whole


class Unmendable(Exception):
    """Why these rows cannot be tried again; field: the line that is meant, or None."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def editable(row: Quarantined) -> bool:
    """Whether the whole row was kept, and nobody is trying it again already."""
    return bool(row.text) and len(row.text) < KEPT and row.mend_id is None


def mend(batch: Import, texts: Mapping[int, str], owner: "User") -> "tuple[Import, Job]":
    """Order the import of mended rows. texts: number of a Quarantined row -> its new text.

    Raises Unmendable; imports.AlreadyThere, orders.Quota.
    """
    if batch.state != ImportState.LOADED:
        raise Unmendable(_("Rows can be mended once the rest of their file is imported."))
    if not texts:
        raise Unmendable(_("No row was changed. Nothing was tried again."))
    columns = batch.facts.get("columns", [])
    with transaction.atomic():
        rows = list(
            Quarantined.objects.select_for_update()
            .filter(batch=batch, pk__in=texts, mend=None)
            .order_by("line", "pk")
        )
        if len(rows) != len(texts):
            raise Unmendable(_("Some of these rows are being tried again already, or are gone."))
        delimiter = batch.facts.get("delimiter") or ","
        data = _file(
            [] if _lists(batch) else columns, [(row.line, texts[row.pk]) for row in rows], delimiter
        )
        name = f"{batch.file_name[:60]} +{len(rows)}"
        made = imports.keep(batch.dataset, batch.kind, io.BytesIO(data), name, owner)
        try:
            made.mapping, made.rules, made.mends = batch.mapping, [], batch
            made.options = _options(batch, delimiter)
            made.facts = {"lines": [row.line for row in rows]}
            imports.once(made)
            made.save()
            Quarantined.objects.filter(pk__in=[row.pk for row in rows]).update(mend=made)
            return made, imports.begin(made, owner)
        except BaseException:
            made.path.unlink(missing_ok=True)
            raise


def _file(columns: list[str], rows: list[tuple[int, str]], delimiter: str) -> bytes:
    """The header, if any, and the rows as they were written; a row is one line."""
    out = io.StringIO()
    if columns:
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(columns)
    for line, text in rows:
        text = text.strip("\r\n")
        if not text.strip():
            words = _("Row %(line)d is empty. Put back what stood there, and it stays put aside.")
            raise Unmendable(words % {"line": line}, line)
        if "\n" in text or "\r" in text or len(text) > LONGEST:
            words = _("Row %(line)d must be one line of at most %(n)d characters.")
            raise Unmendable(words % {"line": line, "n": LONGEST}, line)
        out.write(text + "\n")
    return out.getvalue().encode("utf-8", "replace")


def _options(batch: Import, delimiter: str) -> dict[str, Any]:
    """How the first file was read, with what was found out from all of its rows."""
    made = {**batch.options, "encoding": "utf-8", "delimiter": delimiter, "header": True}
    for note in batch.notes:
        if note["code"] in ("scale-guessed", "scale-seen"):
            made["scale"] = [note["args"]["low"], note["args"]["high"]]
        if note["code"] == "event-assumed":
            made["event"] = note["args"]["event"]
    return made


def _lists(batch: Import) -> bool:
    """Whether a line is a user with many items: such a file has no header, mended or not."""
    return str(batch.options.get("format") or "events") != "events"


def line_of(made: Import, row: "BadRow") -> int:
    """The line that a row of a mended file had in the file that it comes from."""
    lines = made.facts.get("lines", [])
    if _lists(made):  # a row there is one item of a line; a whole line has no column
        place = -1 if row.column else row.line - 1
    else:
        place = row.line - 2
    return int(lines[place]) if 0 <= place < len(lines) else row.line


def none_is_sound(run: "Run", made: Import) -> str:
    """Every mended row is still wrong: each waits where it was, as it was written last, and with
    what is wrong with it now. What to say about it."""
    with run.fenced():
        first = Import.objects.select_for_update().get(pk=made.mends_id or 0)
        rows = {row.line: row for row in Quarantined.objects.filter(mend=made)}
        reasons = Counter(first.reasons)
        # of one form: no more than a page of bad rows is mended at once
        for now in made.bad_rows.filter(line__in=rows):
            row = rows[now.line]
            reasons.subtract([row.code])
            reasons.update([now.code])
            row.column, row.code, row.args, row.text = now.column, now.code, now.args, now.text
        Quarantined.objects.bulk_update(rows.values(), ["column", "code", "args", "text"])
        first.reasons = {code: n for code, n in reasons.items() if n > 0}
        first.save(update_fields=["reasons"])
        made.bad_rows.all().delete()
        Quarantined.objects.filter(mend=made).update(mend=None)
        made.state = ImportState.CANCELLED
        made.save(update_fields=["state"])
    made.path.unlink(missing_ok=True)
    words = _("None of the mended rows is right yet. They wait in “%(name)s” as you wrote them.")
    return words % {"name": first.file_name}


def settle(made: Import) -> None:
    """The mended rows are in: they leave the account that they were put aside in.

    In the transaction that makes them visible.
    """
    if made.mends_id is None:
        return
    first = Import.objects.select_for_update().get(pk=made.mends_id)
    rows = Quarantined.objects.filter(mend=made)
    gone = Counter(rows.values_list("code", flat=True))
    reasons = {code: n - gone.get(code, 0) for code, n in first.reasons.items()}
    first.reasons = {code: n for code, n in reasons.items() if n > 0}
    first.quarantined -= gone.total()
    first.rows_in -= gone.total()
    first.facts["mended"] = first.facts.get("mended", 0) + gone.total()
    first.save(update_fields=["reasons", "quarantined", "rows_in", "facts"])
    rows.delete()


def give_back(import_id: int) -> None:
    """The mended rows did not get in: they wait where they were."""
    Quarantined.objects.filter(mend_id=import_id).update(mend=None)
