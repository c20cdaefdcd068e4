"""The door to training: everything here that reads a file's rows or writes arrays goes through."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recweb.celery import app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recweb.datasets.arrays import Rows
    from recweb.datasets.catalogue import Facts
    from recweb.datasets.models import Import, Version
    from recweb.datasets.trials import Row
    from recweb.jobs.run import Run
    from training.clean import Catalogue as Catalogue  # for the modules beside this one, too
    from training.clean import Interactions as Interactions
    from training.clean import Options, Progress
    from training.clean import People as People
    from training.clean import Preview as Preview
    from training.clean import Triples as Triples
    from training.clean.duplicates import Columns, Found
    from training.log import Items, Log
    from training.workspace import Workspace


class Unreadable(Exception):
    """A file that is not taken at all: code and details as words() takes them."""

    def __init__(self, code: str, details: dict[str, Any]) -> None:
        super().__init__(words(code, details))
        self.code, self.details = code, details


def load(run: "Run") -> None:
    """Check a file, and make its rows visible as a new version."""
    from recweb.datasets import loading, removal

    removal.sweep()  # what broken uploads and dead attempts left more than an hour ago
    loading.load(run)


def remove(run: "Run") -> None:
    """Give back what a deleted dataset takes up."""
    from recweb.datasets import removal

    removal.remove(run)


def health(run: "Run") -> None:
    """Examine a version: what will hurt before a model is trained."""
    from recweb.datasets import examining

    examining.health(run)


def diff(run: "Run") -> None:
    """What changed between two versions."""
    from recweb.datasets import comparing

    comparing.diff(run)


def anonymity(run: "Run") -> None:
    """With how many others each user shares what an outsider may know."""
    from recweb.datasets import examining

    examining.anonymity(run)


def weights(run: "Run") -> None:
    """Learn how much each kind of event foretells a purchase."""
    from recweb.datasets import examining

    examining.weights(run)


def exclude(run: "Run") -> None:
    """Make the version that leaves these users out, or takes them in again."""
    from recweb.datasets import renewal

    renewal.exclude(run)


def pictures(run: "Run") -> None:
    """Encode the pictures of a catalogue."""
    from recweb.datasets import picture_run

    picture_run.encode(run)


def erase(run: "Run") -> None:
    """Forget one user everywhere."""
    from recweb.datasets import erasure

    erasure.erase(run)


def options(batch: "Import") -> "Options":
    """Import.options as training takes them; raises Unreadable on an unknown one."""
    from django.conf import settings

    from training import industries
    from training.clean import Limits, Options

    given = batch.options
    chosen = {name: value for name, value in given.items() if value not in (None, "")}
    chosen["usual"] = industries.of_values(str(chosen.pop("industry", "")))
    chosen.pop("adds", None)  # of what becomes of the rows
    if chosen.pop("anonymous", False):
        chosen["anonymous"] = batch.sha256[:8]
    # the door that it came through has let it in
    limits = Limits(file=max(Limits.file, batch.size or 0))
    if "scale" in chosen:
        chosen["scale"] = tuple(chosen["scale"])
    try:
        return Options(**chosen, folder=str(settings.SPOOL), limits=limits)
    except TypeError:
        raise Unreadable("field-unknown", {"field": ", ".join(map(str, given))[:200]}) from None


def recognise(columns: tuple[str, ...], events: tuple[str, ...]) -> str:
    """The id of the template of rules that a file asks for, or ""."""
    from training import industries
    from training.clean.mapping import plain

    return industries.recognise([plain(column) for column in columns], events)


def template_rules(code: str, events: "Sequence[str]") -> list[dict[str, Any]] | None:
    """The rules of a template for these events; None where it knows none of them."""
    from training import industries

    return industries.rules(code, events)


def templates() -> dict[str, dict[str, Any]]:
    """Id -> names, signs, rules and warning of the ready-made templates."""
    from training.industries import INDUSTRIES

    return INDUSTRIES


def clean(batch: "Import", progress: "Progress") -> "Interactions | Catalogue | People | Triples":
    """The rows of an uploaded file. Raises Unreadable."""
    from training import clean as cleaning

    try:
        return cleaning.clean(  # type: ignore[no-any-return, call-overload]
            batch.path,
            batch.kind,
            mapping=batch.mapping or None,
            options=options(batch),
            name=batch.file_name,
            progress=progress,
        )
    except cleaning.Refused as refusal:
        raise Unreadable(refusal.code, refusal.details) from None


def preview(batch: "Import") -> "Preview":
    """The first rows, for the wizard: two hundred lines at most are read. Raises Unreadable."""
    from training import clean as cleaning

    try:
        return cleaning.preview(
            batch.path,
            batch.kind,  # type: ignore[arg-type]
            batch.mapping or None,
            options=options(batch),
            name=batch.file_name,
        )
    except cleaning.Refused as refusal:
        raise Unreadable(refusal.code, refusal.details) from None


def describing(kind: str, columns: "Sequence[str]") -> tuple[str, ...]:
    """Those of a log's unread columns that a file of items would bring in."""
    from training.clean.mapping import describing as telling

    return telling(kind, columns)  # type: ignore[arg-type]


def fields(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(all fields, required fields) that a file of this kind may fill."""
    from training.clean import FIELDS, REQUIRED

    return FIELDS[kind], REQUIRED[kind]  # type: ignore[index]


def workspace() -> "Workspace":
    """Where steps over all rows of a log are done; a cancel of the job ends them."""
    from django.conf import settings

    from recweb.datasets.patience import check
    from training.workspace import Workspace

    return Workspace(str(settings.SPOOL), check)


def repeated(columns: "Columns", since: int) -> "Found":
    """Which rows no later one says again; and how many from `since` on repeat an earlier one."""
    from training.clean.duplicates import find

    return find(columns, workspace(), since)


def save(folder: Path, rows: "Rows", names: tuple[str, ...], n_users: int, facts: "Facts") -> None:
    """Write the arrays of a version: folder/log and folder/items."""
    from recweb.datasets import saved

    saved.save(folder, rows, names, n_users, facts)


def load_version(version: "Version") -> "tuple[Log, Items]":
    """The arrays of a version, memory-mapped."""
    from recweb.datasets import exports, saved

    return saved.load(exports.version_folder(version))


def redact(old: Path, new: Path, user: int) -> int:
    """Write the arrays of a version again without one user's events; how many these were."""
    from recweb.datasets import saved

    return saved.redact(old, new, user)


def some_rows(folder: Path, wanted: dict[str, int], first: int, last: int) -> list[tuple[Any, ...]]:
    """(user, item or None, event, value, time) of these rows of a version, in order of time, of
    those with the codes wanted (users, items, events)."""
    from recweb.datasets import saved

    return list(saved.some(folder, wanted, first, last))


def count_rows(folder: Path, wanted: dict[str, int]) -> int:
    """How many rows of a version have these codes."""
    from recweb.datasets import saved

    return saved.many(folder, wanted)


def item_rows(folder: Path, item: int, newest: int, near: tuple[int, int]) -> tuple[Any, Any, Any]:
    """What a version's arrays say about one item: saved.of_item."""
    from recweb.datasets import saved

    return saved.of_item(folder, item, newest, *near)


def learn_weights(version: "Version", target: str, days: int) -> dict[str, Any]:
    """The learned weights of the kinds of event as JSON, or {"refused": in both languages}."""
    from recweb.datasets import trials

    return trials.learn_weights(load_version(version)[0], target, days)


def try_rules(folder: Path, rules: list[dict[str, Any]], count: int) -> "list[Row]":
    """Some real events of a version, and what the rules make of each."""
    from recweb.datasets import trials

    return trials.try_rules(folder, rules, count)


def split_sizes(
    rows: "Rows", names: tuple[str, ...], n_users: int, n_items: int, rules: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What each split would make of these events: sizes, leak, or why it is impossible."""
    from recweb.datasets import trials

    return trials.split_sizes(rows, names, n_users, n_items, rules)


def examine(
    version: "Version", listed: np.ndarray, totals: dict[str, int], progress: Any
) -> list[dict[str, Any]]:
    """The findings about a version, worst first, as JSON; totals: rows_in, dropped."""
    from recweb.datasets import trials

    given = (*load_version(version), listed, version.dataset.rules)
    return trials.examine(*given, totals, progress)


def verdict(code: str, figure: float) -> str:
    """What the health report's check of that name makes of a figure: pass, warn or fail."""
    from training.bounds import BOUNDS

    return BOUNDS[code].level(figure)


def check_titles() -> dict[str, dict[str, str]]:
    """Code of each check of the health report -> its title in both languages."""
    from training.health import titles

    return titles()


def compare(before: "Version", after: "Version", progress: Any) -> dict[str, Any]:
    """What changed between the arrays of two versions of a dataset, as JSON."""
    from training.health import difference

    return difference.compare(load_version(before)[0], load_version(after)[0], progress)


def crowds(version: "Version") -> dict[str, Any]:
    """How many users share what an outsider may know of them, as JSON."""
    from training.health import crowd

    return crowd.crowds(load_version(version)[0])


def tail_share(per_item: "np.ndarray") -> float:
    """Share of the events that the less popular 80 % of the items have."""
    from training.health import tail

    return tail.tail_share(per_item)


def modalities(attributes: "Sequence[dict[str, str]]") -> list[list[Any]]:
    """[name, items with a vector, length] of each column of vectors among items' attributes."""
    from training.clean import modalities as given

    found = given.read(attributes)
    return [[each.name, each.known, each.vectors.shape[1]] for each in found]


def words(code: str, details: dict[str, Any], *, note: bool = False) -> str:
    """A reason or note of cleaning, in the reader's language."""
    from django.utils.translation import get_language, gettext

    from recweb.datasets import saying
    from training.clean import NOTES, REASONS

    if code == "erased-user":  # not the file's fault: this dataset must not know that user
        return gettext("A row of a user who was erased from this dataset.")
    pair = (NOTES if note else REASONS).get(code)
    if pair is None:
        return code
    text = pair[(get_language() or "").startswith("zh")]
    return saying.fill(text, details)


@app.task(ignore_result=True)  # type: ignore[untyped-decorator]
def sweep(**_: object) -> None:
    """Uploads, exports and staging tables that nothing names any more; hourly (FLT-14). And a
    restored backup forgets again whom it must (ABU-10)."""
    from recweb.datasets import erasure, removal

    erasure.replay()
    removal.sweep()
