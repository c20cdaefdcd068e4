"""The job that encodes pictures: files to vectors, vectors to an item file that adds one column.

The file takes the way of every upload, so the new version, its account and its fingerprint are
those of vectors that somebody made elsewhere and uploaded.
"""

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets import imports, pictures, reports
from recweb.datasets.models import Dataset, Import, Kind, ReportKind, Version
from recweb.jobs.run import Failure, Run
from recweb.people.models import User
from training.clean.modalities import modality
from training.encoders import folders, picture_files, picture_folders

if TYPE_CHECKING:
    from training.encoders.pictures import Seen

COLUMN = "image_vector"
MODALITY = "image"
NAMES = 50  # of the files that one reason is shown with
ITEMS = """
    SELECT outside_id, coalesce(attributes->>%s, ''), coalesce(attributes->>%s, '')
    FROM datasets_item WHERE dataset_id = %s AND in_catalogue ORDER BY code
"""
KEYS = """
    SELECT DISTINCT key FROM datasets_item, jsonb_object_keys(attributes) key WHERE dataset_id = %s
"""


def encode(run: Run) -> None:
    """params: encoder, column."""
    with reports.making(run, ReportKind.PICTURES) as (version, _against, figures):
        dataset = version.dataset
        ids, cells, before = _items(dataset, run.params["column"])
        found = _seen(run, dataset, cells)
        figures |= _account(run, cells, found)
        texts = [_text(row) for row in found.vectors]
        if not any(texts):
            raise Failure(_nothing(figures))
        replaced = _columns(dataset)
        figures["same"] = texts == before and set(replaced) <= {COLUMN}
        if not figures["same"]:
            figures["import"] = _bring(run, version, ids, texts, replaced).pk


def _items(dataset: Dataset, column: str) -> tuple[list[str], list[str], list[str]]:
    """(ids, names of files, vectors as they stand) of the catalogue's items."""
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [column, COLUMN, dataset.pk])
        rows = cursor.fetchall()
    ids, cells, before = zip(*rows, strict=True) if rows else ((), (), ())
    return list(ids), [cell.strip() for cell in cells], list(before)


def _columns(dataset: Dataset) -> list[str]:
    """The columns that hold vectors of images now, whoever made them: two would be mixed up."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [dataset.pk])
        keys = [str(key) for (key,) in cursor.fetchall()]
    return sorted(key for key in keys if modality(key).casefold() == MODALITY)


def _seen(run: Run, dataset: Dataset, cells: list[str]) -> "Seen":
    from training.encoders.pictures import encode as see

    root = pictures.root(dataset)
    if root is None:
        raise Failure(" ".join(pictures.lacks(dataset, [run.params["column"]])))
    said = {"files": _("Reading the files"), "pictures": _("Encoding the pictures")}
    name = run.params["encoder"]
    try:
        return see(
            name,
            picture_folders.sound(name),
            root,
            cells,
            cache=Path(settings.ARTIFACTS) / "vectors",
            progress=lambda done, total, unit: run.progress(done, total, said[unit], _("pictures")),
        )
    except folders.Refused as fault:
        raise Failure(fault.said(get_language() or "en")) from None


def _account(run: Run, cells: list[str], found: "Seen") -> dict[str, Any]:
    """Every item in one of: without a picture, with a vector, or with a reason why not."""
    counts = Counter(found.faults[cell] for cell in cells if cell in found.faults)
    names: dict[str, list[str]] = {code: [] for code in counts}
    for cell, code in found.faults.items():
        names[code].append(cell[:200])
        run.log(f"no vector: {cell[:200]!r}: {code}")
    with_vector = int((~np.isnan(found.vectors[:, 0])).sum()) if cells else 0
    run.log(f"{with_vector} of {len(cells)} items have a vector, {found.fresh} read by the model")
    return {
        "encoder": run.params["encoder"],
        "column": run.params["column"],
        "items": len(cells),
        "named": sum(bool(cell) for cell in cells),
        "seen": with_vector,
        "fresh": found.fresh,
        "length": int(found.vectors.shape[1]),
        "faults": {
            code: {"n": n, "names": names[code][:NAMES], "words": _words(code)}
            for code, n in counts.items()
        },
    }


def _words(code: str) -> dict[str, str]:
    return {language: picture_files.said(code, language) for language in ("en", "zh-hans")}


def _nothing(figures: dict[str, Any]) -> str:
    words = _(
        "None of the %(named)d pictures that “%(column)s” names could be read. Nothing was changed."
    )
    codes = sorted(figures["faults"].items(), key=lambda pair: -pair[1]["n"])
    language = get_language() or "en"
    parts = [f"{row['names'][0]} {picture_files.said(code, language)}" for code, row in codes]
    return f"{words % figures} {'; '.join(parts)}."


def _text(row: np.ndarray) -> str:
    """Seven digits: what a number of single precision holds."""
    return "" if np.isnan(row[0]) else " ".join(f"{value:.7g}" for value in row.tolist())


def _bring(
    run: Run, version: Version, ids: list[str], texts: list[str], replaced: list[str]
) -> Import:
    """The vectors come in as a file that adds a column to the items that are there."""
    dataset, owner = version.dataset, User.objects.get(pk=run.owner_id)
    encoder = run.params["encoder"]
    with _written(f"v{version.number} {encoder} job {run.job.pk}", ids, texts) as path:
        name = f"{COLUMN} {encoder}.csv"
        try:
            batch = imports.keep(dataset, Kind.ITEMS, path, name, owner)
        except imports.BadFile as fault:
            raise Failure(str(fault)) from None
    batch.mapping = {"item": "item_id"}
    batch.options = {"encoding": "utf-8", "delimiter": ",", "adds": sorted({COLUMN, *replaced})}
    batch.accept_bad = True  # the catalogue knows what it knew: there is nothing to decide
    try:
        with run.fenced(), transaction.atomic():
            imports.begin(batch, owner, quota=False)
    except imports.AlreadyThere as same:  # an earlier attempt at this job came as far as this
        batch.path.unlink(missing_ok=True)
        return same.batch
    except BaseException:
        batch.path.unlink(missing_ok=True)
        raise
    return batch


@contextmanager
def _written(mark: str, ids: list[str], texts: list[str]) -> Iterator[Path]:
    """A file with an empty column named `mark`: equal vectors may come in again after others."""
    handle, name = tempfile.mkstemp(dir=settings.SPOOL, suffix=".csv")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["item_id", COLUMN, mark])
            rows.writerows((item, text, "") for item, text in zip(ids, texts, strict=True))
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
