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
    from recweb.jobs.run import Run
    from training.clean import Catalogue as Catalogue  # for the modules beside this one, too
    from training.clean import Interactions as Interactions
    from training.clean import Options, Preview, Progress
    from training.clean import People as People
    from training.clean import Triples as Triples
    from training.log import Items, Log


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


def exclude(run: "Run") -> None:
    """Make the version that leaves these users out, or takes them in again."""
    from recweb.datasets import renewal

    renewal.exclude(run)


def erase(run: "Run") -> None:
    """Forget one user everywhere."""
    from recweb.datasets import erasure

    erasure.erase(run)


def options(batch: "Import") -> "Options":
    """Import.options as training takes them; raises Unreadable on an unknown one."""
    from django.conf import settings

    from training.clean import Options

    given = batch.options
    chosen = {name: value for name, value in given.items() if value not in (None, "")}
    chosen.pop("industry", None)  # a matter of rules, not of reading
    if chosen.pop("anonymous", False):
        chosen["anonymous"] = batch.sha256[:8]
    if "scale" in chosen:
        chosen["scale"] = tuple(chosen["scale"])
    try:
        return Options(**chosen, folder=str(settings.SPOOL))
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


def fields(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(all fields, required fields) that a file of this kind may fill."""
    from training.clean import FIELDS, REQUIRED

    return FIELDS[kind], REQUIRED[kind]  # type: ignore[index]


def save(folder: Path, rows: "Rows", names: tuple[str, ...], n_users: int, facts: "Facts") -> None:
    """Write the arrays of a version: folder/log and folder/items."""
    from training import log

    n_items = len(facts)
    saved = log.Log(
        rows.users, rows.items, rows.events, rows.values, rows.at, names, n_users, n_items
    )
    log.save_log(folder / "log", saved)
    log.save_items(folder / "items", _items(facts))


def _items(facts: "Facts") -> "Items":
    from scipy import sparse

    from training.log import Items

    names = sorted({topic for topics in facts.topics for topic in topics}, key=str.encode)
    place = {name: column for column, name in enumerate(names)}
    ends = np.cumsum([0, *(len(topics) for topics in facts.topics)])
    columns = np.array(
        [column for topics in facts.topics for column in sorted(place[t] for t in topics)],
        dtype=np.int32,
    )
    data = np.ones(len(columns), dtype=np.float32)
    return Items(
        titles=tuple(title or text for title, text in zip(facts.titles, facts.ids, strict=True)),
        texts=facts.full_texts(),
        topic_names=tuple(names),
        topics=sparse.csr_matrix((data, columns, ends), shape=(len(facts), len(names))),
        years=facts.years,
    )


def load_version(version: "Version") -> "tuple[Log, Items]":
    """The arrays of a version, memory-mapped."""
    from recweb.datasets.exports import version_folder
    from training import log

    folder = version_folder(version)
    return log.load_log(folder / "log"), log.load_items(folder / "items")


def examine(
    version: "Version", listed: np.ndarray, totals: dict[str, int], progress: Any
) -> list[dict[str, Any]]:
    """The findings about a version, worst first, as JSON; totals: rows_in, dropped."""
    from training.features import Rule
    from training.health import examine as run
    from training.health.data import Data

    log, items = load_version(version)
    rules = [Rule(**rule) for rule in version.dataset.rules]
    return [found.json() for found in run(Data(log, items, listed, rules, **totals), progress)]


def redact(old: Path, new: Path, user: int) -> None:
    """Write the arrays of a version again without one user's events."""
    from dataclasses import replace

    from training import log

    found = log.load_log(old / "log")
    kept = found.users != user
    parts = {name: getattr(found, name)[kept] for name in ("users", "items", "events", "values")}
    at = None if found.at is None else found.at[kept]
    log.save_log(new / "log", replace(found, **parts, at=at))
    log.save_items(new / "items", log.load_items(old / "items"))


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


def try_rules(
    folder: Path, rules: list[dict[str, Any]], count: int
) -> list[tuple[int, int, str, float | None, int | None, float]]:
    """Some real events of a version, spread over its kinds of event and over time, and what the
    rules make of each: user, item (-1: a search), event, value, time, confidence (0: nothing).
    """
    from training import log as logs
    from training.features import Rule, confidences

    log = logs.load_log(folder / "log")
    each = max(1, count // max(1, len(log.event_names)))
    chosen = []
    for code in range(len(log.event_names)):
        rows = np.flatnonzero(log.events == code)
        chosen.append(rows[np.linspace(0, len(rows) - 1, min(each, len(rows))).astype(int)])
    rows = np.sort(np.concatenate(chosen))[:count] if chosen else np.zeros(0, dtype=int)
    some = logs.Log(
        log.users[rows], log.items[rows], log.events[rows], log.values[rows],
        None if log.at is None else log.at[rows], log.event_names, log.n_users, log.n_items,
    )  # fmt: skip
    found = confidences(some, [Rule(**rule) for rule in rules]) if rules else np.zeros(len(rows))
    return [
        (
            int(some.users[place]),
            int(some.items[place]),
            some.event_names[some.events[place]],
            None if np.isnan(some.values[place]) else float(some.values[place]),
            None if some.at is None else int(some.at[place]),
            float(found[place]) if some.items[place] >= 0 else 0.0,
        )
        for place in range(len(rows))
    ]


def tail_share(per_item: "np.ndarray") -> float:
    """Share of the events that the less popular 80 % of the items have."""
    from training.health import tail

    return tail.tail_share(per_item)


def split_sizes(
    rows: "Rows", names: tuple[str, ...], n_users: int, n_items: int, rules: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What each split would make of these events: sizes, leak, or why it is impossible."""
    from training.features import Rule, positives
    from training.log import Log
    from training.split import SplitError, choose, preview

    log = Log(rows.users, rows.items, rows.events, rows.values, rows.at, names, n_users, n_items)
    found: dict[str, dict[str, Any]] = {}
    liked = positives(log, [Rule(**rule) for rule in rules])
    for name in ("temporal", "user-temporal", "leave-last", "random"):
        try:
            found[name] = preview(liked, name)
        except SplitError as error:
            found[name] = {"refused": error.code, "details": error.details, "message": str(error)}
    try:
        name, because = choose(liked)
        # what auto stands for may be impossible, too
        refused = found[name] if "refused" in found[name] else {}
        found["auto"] = refused or {"name": name, "because": because}
    except SplitError as error:
        found["auto"] = {"refused": error.code, "message": str(error)}
    return found


def words(code: str, details: dict[str, Any], *, note: bool = False) -> str:
    """A reason or note of cleaning, in the reader's language."""
    from django.utils.translation import get_language, gettext

    from training.clean import NOTES, REASONS

    if code == "erased-user":  # not the file's fault: this dataset must not know that user
        return gettext("A row of a user who was erased from this dataset.")
    pair = (NOTES if note else REASONS).get(code)
    if pair is None:
        return code
    text = pair[(get_language() or "").startswith("zh")]
    try:
        return text.format(**details)
    except (KeyError, IndexError):
        return text


@app.task(ignore_result=True)  # type: ignore[untyped-decorator]
def sweep(**_: object) -> None:
    """Uploads, exports and staging tables that nothing names any more; hourly (FLT-14). And a
    restored backup forgets again whom it must (ABU-10)."""
    from recweb.datasets import erasure, removal

    erasure.replay()

    removal.sweep()
