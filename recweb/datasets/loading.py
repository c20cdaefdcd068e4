"""A file becomes part of the log: checked, filled into a hidden table, and shown all at once.

1. clean      rows are accepted, duplicate or quarantined; the account is written down
2. decide     over 5 % bad rows, or mostly unknown items: an admin is asked, and nothing is loaded
3. stage      codes are given under a lock; COPY fills a table that nobody can see (filling.py)
4. publish    one transaction: new users and items, the table attached, a new version (there, too)
A crash or a cancel before the end of 4 leaves nothing that anybody can see.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from recweb.datasets import arriving, filling, mending, partitions, tasks
from recweb.datasets.models import Import, ImportState, Item, Kind, Quarantined
from recweb.datasets.patience import stoppable
from recweb.jobs.models import Job
from recweb.jobs.run import Failure, Run

if TYPE_CHECKING:
    from recweb.datasets.tasks import Catalogue, Interactions, People, Triples

    Cleaned = Interactions | Catalogue | People | Triples

NONE = "none"  # as industry: no template at all, however much the file looks like one
MOSTLY = 0.5  # unknown items above this share are asked about (BAD-43)


def load(run: Run) -> None:
    with stoppable(run):
        _load(run)


def _load(run: Run) -> None:
    batch = Import.objects.select_related("dataset", "owner").get(pk=run.target_id or 0)
    if batch.state == ImportState.LOADED:
        return
    begun = time.monotonic()
    try:
        cleaned = tasks.clean(batch, _Checking(run))
    except tasks.Unreadable as refusal:
        refuse(run, batch, refusal.code, refusal.details)
        kept = _("Nothing was imported; the file is kept.")
        raise Failure(f"{refusal_words(batch)} {kept}") from None
    record(run, batch, cleaned)
    if batch.mends_id is not None and batch.quarantined == batch.rows_in:
        raise Failure(mending.none_is_sound(run, batch))
    asks = not batch.accept_bad and batch.mends_id is None  # mended rows were decided about
    if asks and (decision := _decision(batch, cleaned)):
        wait(run, batch, decision)
        return
    # the only one who holds it is the step, which lets go of it when it is in the table
    only = [cleaned]
    del cleaned
    with partitions.one_at_a_time(batch.dataset_id, _patience(run)):
        only.append(arriving.welcome(run, batch, only.pop()))
        filling.STEPS[batch.kind](run, batch, only.pop, begun)
    arriving.leave(batch)


class _Checking:
    """Says how far the file is read. The same numbers again are only a time to look whether the
    job is cancelled: how long that step takes is shown then (patience.py)."""

    def __init__(self, run: Run) -> None:
        self.run, self.rows = run, -1

    def __call__(self, rows: int, done: int, total: int) -> None:
        if rows == self.rows:
            self.run.check()
            return
        self.rows, words = rows, _("Checking: %(rows)d rows read")
        self.run.progress(done * 0.5, total, words % {"rows": rows}, "B")


def _patience(run: Run) -> Iterator[None]:
    while True:
        run.progress(0, 1, _("Waiting for another import of this dataset"))
        time.sleep(0.2)
        yield


def refusal_words(batch: Import) -> str:
    """Which file, and what is wrong with it."""
    refusal = batch.refusal or batch.facts.get("refused")
    if not refusal:
        return ""
    details = refusal.get("details", {})
    said = tasks.words(str(refusal.get("code", "")), details)
    return f"{batch.file_name}: {said}{_proof(details)}"


def _proof(details: dict[str, Any]) -> str:
    """Which order of day and month a row of the file shows, when one does."""
    if "proof" not in details:
        return ""
    if details["day_first"]:
        words = _("“%(value)s” in line %(line)d can only be day/month/year.")
    else:
        words = _("“%(value)s” in line %(line)d can only be month/day/year.")
    return " " + words % {"value": details["proof"], "line": details["proof_line"]}


def refuse(run: Run, batch: Import, code: str, details: dict[str, Any]) -> None:
    batch.refusal = {"code": code, "details": details}
    batch.state = ImportState.REFUSED
    with run.fenced():
        batch.save(update_fields=["refusal", "state"])
    run.log(f"refused: {code} {details}")


def record(run: Run, batch: Import, cleaned: "Cleaned") -> None:
    """Write the account down before anybody decides anything."""
    report = cleaned.report
    batch.rows_in, batch.accepted = report.rows_in, report.accepted
    batch.duplicates, batch.quarantined = report.duplicates, report.quarantined
    batch.reasons, batch.mapping = report.reasons, report.mapping
    unsaid = mending.OF_THE_WHOLE if batch.mends_id is not None else frozenset()
    batch.notes = [
        {"code": note.code, "args": note.args} for note in report.notes if note.code not in unsaid
    ]
    batch.facts = {
        **{name: batch.facts[name] for name in ("lines",) if name in batch.facts},
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "columns": [*report.columns],
        "industry": _industry(batch, cleaned),
    }
    batch.refusal = None
    bad = [
        Quarantined(
            batch=batch,
            line=mending.line_of(batch, row),
            column=row.column[:200],
            code=row.code,
            args=row.args,
            text=row.raw,
        )
        for row in report.quarantine
    ]
    with run.fenced():
        batch.bad_rows.all().delete()
        Quarantined.objects.bulk_create(bad)
        batch.save()
    run.log(
        f"{report.rows_in} rows in = {report.accepted} accepted + {report.duplicates} duplicates "
        f"+ {report.quarantined} quarantined"
    )


def _industry(batch: Import, cleaned: "Cleaned") -> str:
    """The template of rules that was chosen, or that the file looks like."""
    events: tuple[str, ...] = getattr(cleaned, "event_names", ())
    if not events or batch.options.get("industry") == NONE:
        return ""
    return batch.options.get("industry") or tasks.recognise(cleaned.report.columns, events)


def _decision(batch: Import, cleaned: "Cleaned") -> str:
    if cleaned.report.needs_decision:
        return "bad-rows"
    share = _unknown_share(batch, cleaned)
    batch.facts["unknown_items"] = share
    return "unknown-items" if share > MOSTLY else ""


def _unknown_share(batch: Import, cleaned: "Cleaned") -> float:
    """Of the items with events, how many no catalogue names; 0 while there is none."""
    items = Item.objects.filter(dataset=batch.dataset)
    if batch.kind == Kind.INTERACTIONS:
        listed = set(items.filter(in_catalogue=True).values_list("outside_id", flat=True))
        named: set[str] = set(getattr(cleaned, "item_ids", ()))
        return len(named - listed) / len(named) if listed and named else 0.0
    if batch.kind == Kind.ITEMS:
        used = set(items.filter(n_events__gt=0).values_list("outside_id", flat=True))
        known = set(items.filter(in_catalogue=True).values_list("outside_id", flat=True))
        missing = used - known - set(getattr(cleaned, "item_ids", ()))
        return len(missing) / len(used) if used else 0.0
    return 0.0


def wait(run: Run, batch: Import, decision: str) -> None:
    batch.state = ImportState.WAITING
    batch.facts["decision"] = decision
    with run.fenced():
        batch.save(update_fields=["state", "facts"])
    run.progress(1, 1, _("Checked; waits for a decision"))


def ended(job: Job) -> None:
    """However the job ended: a file that did not get in stays out, and its hidden table goes."""
    if job.target_id is None:
        return
    partitions.drop_staging(job.target_id)
    over = {"failed": ImportState.REFUSED, "cancelled": ImportState.CANCELLED}.get(job.state)
    if over is not None:
        mending.give_back(job.target_id)
        Import.objects.filter(pk=job.target_id, state=ImportState.CHECKING).update(state=over)


def again(job: Job) -> None:
    """Retry was pressed."""
    Import.objects.filter(pk=job.target_id or 0).exclude(state=ImportState.LOADED).update(
        state=ImportState.CHECKING
    )
