"""`manage.py import_log DATASET FILE`: the importer of the browser and the API, from a terminal.

Exit codes: 0 imported (or was before), 1 refused, failed or cancelled, 3 waits for a decision.
"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from recweb.datasets import imports, loading, reading
from recweb.datasets.models import Dataset, Import, ImportState
from recweb.jobs import child, fence, orders
from recweb.jobs.models import Job
from recweb.people import audit
from recweb.people.models import User

WAITS = 3
LOOK_EVERY = 0.3
READING = ("encoding", "delimiter", "zone", "event", "decimal")  # by any text


class Command(BaseCommand):
    help = "Import a file (.csv .tsv .jsonl .parquet .xlsx, each also .gz) into a dataset."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("dataset", help="its slug")
        add("file", type=Path)
        add("--kind", choices=imports.KINDS, default="interactions")
        add("--create", metavar="NAME", help="make the dataset when it is not there")
        add("--map", action="append", default=[], metavar="FIELD=COLUMN", help="else guessed")
        add("--rules", type=json.loads, default=[], help="JSON: which events are positives")
        for name in READING:
            add(f"--{name}", help="of the file; else found out")
        add("--no-header", action="store_true", help="the first line is a row already")
        add("--anonymous", action="store_true", help="there is no column of users (items: of ids)")
        add("--format", choices=("events", "sequences", "counted"), help="what a line is")
        add("--day-first", choices=("day", "month"), help="what stands first in 01/02/2024")
        add("--events", metavar="PV=VIEW,BUY=PURCHASE", help="take these; others are put aside")
        add("--scale", nargs=2, type=float, metavar=("LEAST", "LARGEST"), help="of the values")
        add("--cap", action="store_true", help="a value above the scale counts as its end")
        add("--keep-damaged-ids", action="store_true", help="1E5, #N/A and NULL are ids")
        add("--accept-bad", action="store_true", help="import the good rows whatever the bad ones")
        add("--user", help="who imports; default the first admin")

    def handle(self, *args: Any, **given: Any) -> None:
        owner = _owner(given["user"])
        dataset = _dataset(given["dataset"], given["create"], owner)
        try:
            batch, job = imports.start_import(
                dataset, given["kind"], given["file"], given["file"].name, owner,
                mapping=_mapping(given["map"]), rules=given["rules"], options=_options(given),
                limit=max(settings.UPLOAD_LIMIT, settings.SERVER_FILE_LIMIT),
            )  # fmt: skip
        except imports.AlreadyThere as same:
            self.stdout.write(str(same))
            if same.batch.state != ImportState.LOADED:
                self.go_on(same.batch, owner, given)
            return
        except (imports.BadFile, orders.Quota, OSError) as error:
            raise CommandError(str(error)) from None
        audit.record(owner, "upload", f"{dataset.slug}/{batch.pk}", sha256=batch.sha256)
        self.account(self.decide(self.follow(batch, job), owner, given["accept_bad"]))

    def go_on(self, batch: Import, owner: User, given: dict[str, Any]) -> None:
        """The file lies here already and is not loaded: what is left to do with it."""
        slug = batch.dataset.slug
        if batch.state == ImportState.UPLOADED:
            place = reverse("dataset-map", args=[slug])
            self.stderr.write(f"It is not imported: it waits for its columns to be mapped: {place}")
            raise SystemExit(WAITS)
        if given["map"] or given["rules"] or _options(given):
            self.stdout.write("It is read as was said when it came, not as said now.")
        job = batch.job if batch.state == ImportState.CHECKING else None
        self.account(self.decide(self.follow(batch, job), owner, given["accept_bad"]))

    def decide(self, batch: Import, owner: User, accept_bad: bool) -> Import:
        if batch.state != ImportState.WAITING or not accept_bad:
            return batch
        try:
            job = imports.accept(batch, owner)
        except (orders.Quota, imports.AlreadyThere, imports.BadFile) as error:
            raise CommandError(str(error)) from None
        if job is not None:
            audit.record(owner, "import-accept", f"{batch.dataset.slug}/{batch.pk}")
        return self.follow(batch, job)

    def follow(self, batch: Import, job: Job | None) -> Import:
        """Until the job has ended: a worker does it, or this process where none is free."""
        said = ""
        while job is not None and job.is_live:
            if job.state == "queued" and (claimed := fence.claim("import", "import_log:1")):
                child.run(claimed)
            if job.step != said:
                self.stdout.write(f"  {job.step}")
                said = job.step
            time.sleep(LOOK_EVERY)
            job.refresh_from_db()
        return Import.objects.select_related("dataset").get(pk=batch.pk)

    def account(self, batch: Import) -> None:
        slug = batch.dataset.slug
        self.stdout.write(
            f"{batch.file_name}: {batch.rows_in} rows in = {batch.accepted} accepted "
            f"+ {batch.duplicates} duplicates + {batch.quarantined} put aside"
        )
        for code, count in sorted(batch.reasons.items(), key=lambda pair: -pair[1]):
            self.stdout.write(f"  {count} {code}")
        if batch.quarantined:
            place = reverse("import", args=[slug, batch.pk])
            self.stdout.write(f"The rows put aside, with line and reason: {place}")
        if batch.state == ImportState.WAITING:
            self.stderr.write("Nothing was imported: the file waits for your decision there,")
            self.stderr.write("or import it again with --accept-bad.")
            raise SystemExit(WAITS)
        if batch.state != ImportState.LOADED:
            job = batch.job
            why = loading.refusal_words(batch) if batch.refusal else job.error if job else ""
            raise CommandError(f"Nothing was imported. {why}".strip())
        version = batch.dataset.version
        whole = f", version {version.number}" if version else "; no interactions are there yet"
        self.stdout.write(f"Imported into {slug}{whole}.")


def _owner(name: str | None) -> User:
    people = User.objects.filter(is_active=True).order_by("pk")
    found = [user for user in people if user.is_admin and name in (None, user.username)]
    if not found:
        whom = f"no admin named {name}" if name else "no admin: make one by createsuperuser"
        raise CommandError(f"There is {whom}.")
    return found[0]


def _dataset(slug: str, name: str | None, owner: User) -> Dataset:
    found = Dataset.objects.filter(slug=slug, deleted=None).first()
    if found is None and name is None:
        raise CommandError(f"There is no dataset {slug}. --create NAME makes it.")
    if found is not None:
        return found
    with transaction.atomic():
        made = Dataset.objects.create(slug=slug, name=name or slug, owner=owner)
        audit.record(owner, "dataset-new", slug)
    return made


def _mapping(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise CommandError(f"--map {wrong[0]!r} is not of the form FIELD=COLUMN")
    return dict(pair.split("=", 1) for pair in pairs)  # type: ignore[misc]


def _options(given: dict[str, Any]) -> dict[str, Any]:
    made = {name: given[name] for name in (*READING, "format") if given[name]}
    if given["no_header"]:
        made["header"] = False
    if given["anonymous"]:
        made["anonymous"] = True
    if given["day_first"]:
        made["day_first"] = given["day_first"] == "day"
    made |= {name: True for name in ("cap", "keep_damaged_ids") if given[name]}
    try:
        if given["events"]:
            made["events"] = reading.events(given["events"])
        return reading.check(made | ({"scale": given["scale"]} if given["scale"] else {}))
    except reading.Wrong as wrong:
        raise CommandError(str(wrong)) from None
