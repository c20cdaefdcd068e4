"""Vectors of the catalogue's pictures: what can be ordered here, the order, and what came of it.

A picture lies in a folder of this machine that an admin names (RECWEB_IMAGES), below the dataset's
own name; a column of the catalogue says which file is whose. Nothing is fetched from anywhere.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from recweb.datasets import reports
from recweb.datasets.access import find, person
from recweb.datasets.models import Dataset, Report, ReportKind, Version
from recweb.datasets.truth import frame
from recweb.jobs import orders
from recweb.jobs.models import Job
from recweb.people import audit
from training import registry

if TYPE_CHECKING:
    from recweb.people.models import User

LOOKED = 300  # items from which the columns of file names are told
FILES = r"\.(jpe?g|png|webp|gif)$"
COLUMNS = """
    SELECT key FROM (
        SELECT attributes FROM datasets_item
        WHERE dataset_id = %s AND in_catalogue AND attributes <> '{}' ORDER BY code LIMIT %s
    ) looked, jsonb_each_text(looked.attributes)
    WHERE value ~* %s GROUP BY key ORDER BY count(*) DESC, key LIMIT 20
"""


class Refused(Exception):
    """Why nothing was ordered: words, and the field that they are about."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True)
class Shown:
    """What the page says of vectors. lacks: what an admin has to do first, or ""."""

    modalities: list[list[Any]]  # name, items with a vector, length
    encoders: list[str]
    columns: list[str]
    lacks: list[str]
    job: Job | None
    report: Report | None
    faults: list[dict[str, Any]]  # words, n, names

    @property
    def replaces(self) -> bool:
        return any(name == "image" for name, _count, _length in self.modalities)


def shown(dataset: Dataset, version: Version | None) -> Shown | None:
    if version is None:
        return None
    report = latest(dataset)
    jobs = Job.objects.filter(kind=ReportKind.PICTURES, dataset_id=dataset.pk)
    columns = columns_of(dataset)
    return Shown(
        modalities=version.profile.get("modalities", []),
        encoders=registry.picture_encoders(),
        columns=columns,
        lacks=lacks(dataset, columns),
        job=jobs.order_by("-pk").first(),
        report=report,
        faults=faults(report),
    )


def latest(dataset: Dataset) -> Report | None:
    """What the newest job found; it made a version after the one that it read."""
    rows = Report.objects.filter(version__dataset=dataset, kind=ReportKind.PICTURES)
    return rows.select_related("version").order_by("-version__number").first()


def faults(report: Report | None) -> list[dict[str, Any]]:
    """Reason, count and first names of the files that have no vector, most frequent first."""
    found = report.figures.get("faults", {}) if report else {}
    ranked = sorted(found.items(), key=lambda pair: (-pair[1]["n"], pair[0]))
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    return [{**row, "words": row["words"][language]} for _code, row in ranked]


def root(dataset: Dataset) -> Path | None:
    """The folder of this dataset's pictures, where the admin made one."""
    folder = Path(settings.IMAGES) / dataset.slug if settings.IMAGES else None
    return folder if folder is not None and folder.is_dir() else None


def columns_of(dataset: Dataset) -> list[str]:
    """Columns of the catalogue with names of picture files, the fullest first."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [dataset.pk, LOOKED, FILES])
        return [str(name) for (name,) in cursor.fetchall()]


def lacks(dataset: Dataset, columns: list[str]) -> list[str]:
    """What is missing before pictures can be encoded, in words."""
    found = []
    if not registry.picture_encoders():
        found.append(
            _(
                "No image encoder is delivered, and none is on this machine's list: an admin puts "
                "a ViT, DINOv2 or CLIP with safetensors weights into a folder and names it in "
                "ENCODER_FOLDERS."
            )
        )
    if root(dataset) is None:
        words = _(
            "There is no folder of pictures: an admin names one in RECWEB_IMAGES and puts the "
            "pictures of this dataset into its subfolder “%(slug)s”."
        )
        found.append(words % {"slug": dataset.slug})
    if not columns:
        found.append(
            _(
                "No column of the catalogue names picture files such as 31.jpg: add an item file "
                "with one."
            )
        )
    return found


def order(dataset: Dataset, owner: "User", encoder: str, column: str) -> Job:
    """The job that encodes the pictures of the newest version. Raises Refused, orders.Quota."""
    version = dataset.version
    if version is None:
        raise Refused("encoder", _("This dataset has no version. Nothing was started."))
    columns = columns_of(dataset)
    if missing := lacks(dataset, columns):
        raise Refused("encoder", " ".join(missing))
    if fault := registry.picture_fault(encoder, get_language() or "en"):
        raise Refused("encoder", fault)
    if column not in columns:
        words = _("“%(name)s” is no column with names of picture files. Known: %(known)s.")
        raise Refused("column", words % {"name": column[:80], "known": ", ".join(columns)})
    job = reports.order(version, ReportKind.PICTURES, owner, encoder=encoder, column=column)
    audit.record(owner, "pictures", dataset.slug, encoder=encoder, column=column, job=job.pk)
    return job


@require_http_methods(["GET", "POST"])
def pictures(request: HttpRequest, slug: str) -> HttpResponse:
    """POST encoder=, column=: a name of the admin's list, and a column of the catalogue."""
    dataset = find(request, slug)
    if request.method == "POST":
        given = request.POST
        try:
            order(dataset, person(request), given.get("encoder", ""), given.get("column", ""))
        except (Refused, orders.Quota) as refused:
            messages.error(request, str(refused))
        return redirect("dataset-pictures", slug)
    version = dataset.version
    imports = Job.objects.live().filter(dataset_id=dataset.pk, kind="import")
    ctx = {"pictures": shown(dataset, version), "jobs": list(imports[:3])}
    return render(request, "datasets/pictures.html", frame(dataset, version, "pictures") | ctx)
