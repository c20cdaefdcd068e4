"""The arrays of a version: written once, memory-mapped by everybody after that."""

import shutil
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from recweb.datasets import arrays, catalogue, exclusion, past, tasks
from recweb.datasets.models import Dataset, Kind, Version

LOCK_SPACE = 7302  # of pg_advisory_xact_lock: one export of a version at a time


def version_folder(version: Version) -> Path:
    """Where log/ and items/ of this version are (training.log.load_log, load_items)."""
    folder = Path(settings.ARTIFACTS) / version.folder
    if version.folder and _whole(folder):
        return folder
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, version.pk])
        version.refresh_from_db(fields=["folder"])
        folder = Path(settings.ARTIFACTS) / version.folder
        if not (version.folder and _whole(folder)):
            folder = _again(version)
    return folder


def write(
    version: Version,
    mark: str,
    rows: arrays.Rows,
    names: tuple[str, ...],
    facts: catalogue.Facts,
) -> Path:
    """A folder of its own for each attempt: the row alone says which one counts."""
    name = f"version-{version.dataset_id}-{version.number}-{mark}"
    folder = Path(settings.ARTIFACTS) / name
    tasks.save(folder, rows, names, version.n_users, facts)
    version.folder = name
    version.save(update_fields=["folder"])
    return folder


def _again(version: Version) -> Path:
    """From the tables, the same bytes as the first time: the events of its files without those
    it leaves out, and the catalogue as it was."""
    files = version.imports.filter(kind=Kind.INTERACTIONS).order_by("loaded", "pk")
    parts = [arrays.read(version.dataset_id, batch.pk) for batch in files]
    rows = exclusion.without(arrays.resolve(parts).rows, version.excluded)
    names = tuple(name for name, _n in version.profile["events"])  # later files may bring more
    return write(version, "again", rows, names, past.facts(version))


def _whole(folder: Path) -> bool:
    return all((folder / part / "manifest.json").exists() for part in ("log", "items"))


def folders(dataset: Dataset) -> set[str]:
    """The folders that versions of a dataset name."""
    rows = Version.objects.filter(dataset=dataset).exclude(folder="")
    return set(rows.values_list("folder", flat=True))


def redact(version: Version, user: int, mark: str) -> int | None:
    """The version's arrays without one user's events, in a new folder; the caller removes the old
    one. How many events these were. Arrays that were never written (any more) come from the tables,
    without the user: then nobody knows, and it is None."""
    old = Path(settings.ARTIFACTS) / version.folder
    if not (version.folder and _whole(old)):
        return None
    version.folder = f"version-{version.dataset_id}-{version.number}-{mark}"
    events = tasks.redact(old, Path(settings.ARTIFACTS) / version.folder, user)
    version.save(update_fields=["folder"])
    return events


def remove(names: set[str]) -> None:
    for name in names:
        shutil.rmtree(Path(settings.ARTIFACTS) / name, ignore_errors=True)


def sweep(older_than: float = 3600.0) -> int:
    """Remove folders of attempts that published nothing; how many."""
    known = set(Version.objects.values_list("folder", flat=True))
    swept = 0
    for folder in Path(settings.ARTIFACTS).glob("version-*"):
        if folder.name not in known and time.time() - folder.stat().st_mtime > older_than:
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def drop(dataset: Dataset) -> None:
    """Remove the arrays of every version of a dataset."""
    for folder in Path(settings.ARTIFACTS).glob(f"version-{dataset.pk}-*"):
        shutil.rmtree(folder, ignore_errors=True)
