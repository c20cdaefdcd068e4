"""A file comes in: stored under our own name, hashed on the way, and given to the worker."""

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from recweb.datasets import privacy
from recweb.datasets.models import Dataset, Import, ImportState, Kind, Quarantined, Upload
from recweb.jobs import orders
from recweb.jobs.models import LIVE, Job, JobQuerySet

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from recweb.people.models import User

    # a stream, a file of this machine, or what came in parts
    Incoming = IO[bytes] | UploadedFile[Any] | Path | str | Upload

CHUNK = 1 << 20
SHOWN = 3  # jobs of a dataset that its pages show
SAME_FILE = 7303  # of pg_advisory_xact_lock: one decision about the same content at a time
KINDS = (Kind.INTERACTIONS, Kind.ITEMS, Kind.USERS, Kind.TRIPLES)
ALIVE = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.WAITING, ImportState.LOADED)


class AlreadyThere(Exception):
    """The same bytes came before, as `batch`."""

    def __init__(self, batch: Import) -> None:
        self.batch = batch
        if batch.state == ImportState.LOADED and batch.loaded:
            words = _("This file was already imported on %(day)s as “%(name)s” into “%(dataset)s”.")
        else:
            words = _("This file was already uploaded on %(day)s as “%(name)s” to “%(dataset)s”.")
        day = (batch.loaded or batch.created).date().isoformat()
        given = {"day": day, "name": batch.file_name, "dataset": batch.dataset.name}
        super().__init__(words % given + " " + _("Nothing was stored a second time."))


class BadFile(Exception):
    """What is wrong with the upload, before any row is looked at.

    status: of the answer; field: of the form, where it is known.
    """

    def __init__(self, message: str, status: int = 400, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.field = status, field


def with_jobs(batches: Iterable[Import]) -> list[Import]:
    """The same files, with the newest job of each: asked for once, for a page that lists them."""
    found = list(batches)
    _attach(found, Job.objects.filter(kind="import", target_id__in=[one.pk for one in found]))
    return found


def with_live_jobs(dataset: Dataset, batches: Iterable[Import]) -> tuple[list[Import], list[Job]]:
    """The same, and the first imports of the dataset that are under way, by one query."""
    found = list(batches)
    mine = Q(state__in=LIVE) | Q(target_id__in=[one.pk for one in found])
    jobs = _attach(found, Job.objects.filter(mine, kind="import", dataset_id=dataset.pk))
    return found, [job for job in jobs if job.is_live][:SHOWN]


def _attach(batches: list[Import], jobs: JobQuerySet) -> list[Job]:
    """Oldest first."""
    rows = list(jobs.select_related("owner").with_places().order_by("pk"))
    newest = {job.target_id: job for job in rows}
    for batch in batches:
        batch.__dict__["newest_job"] = newest.get(batch.pk)
    return rows


def start_import(
    dataset: Dataset,
    kind: str,
    file: "Incoming",
    file_name: str,
    owner: "User",
    mapping: dict[str, str] | None = None,
    rules: list[dict[str, Any]] | None = None,
    confirm: bool = True,
    options: dict[str, Any] | None = None,
    limit: int | None = None,
) -> tuple[Import, Job | None]:
    """Store a file and order its import; without `confirm` it waits for the mapping first.

    limit: bytes that the file may have, where its door takes more than an upload.

    Raises AlreadyThere when this dataset has the same bytes already, BadFile, orders.Quota.
    """
    batch = keep(dataset, kind, file, file_name, owner, limit)
    batch.mapping, batch.rules, batch.options = mapping or {}, rules or [], options or {}
    try:
        with transaction.atomic():
            once(batch)
            batch.save()
            job = begin(batch, owner) if confirm else None
    except BaseException:
        batch.path.unlink(missing_ok=True)
        raise
    return batch, job


def keep(
    dataset: Dataset,
    kind: str,
    file: "Incoming",
    file_name: str,
    owner: "User",
    limit: int | None = None,
) -> Import:
    """The file on disk, whole and synced; the row is not saved yet.

    An Upload is moved, not copied: it is over with this.
    """
    if kind not in KINDS:
        words = _("“%(kind)s” is not a kind of file.") % {"kind": str(kind)[:40]}
        raise BadFile(words, field="kind")
    batch = Import(
        dataset=dataset,
        kind=kind,
        file_name=check_name(file_name),
        stored=str(uuid.uuid4()),
        owner=owner,
    )
    if isinstance(file, Upload):
        batch.sha256, batch.size = adopt(file.path, batch.path)
        file.delete()
    elif isinstance(file, str | Path):
        with open(file, "rb") as opened:
            batch.sha256, batch.size = store(opened, batch.path, limit)
    else:
        batch.sha256, batch.size = store(file, batch.path, limit)  # type: ignore[arg-type]
    return batch


def check_name(name: str) -> str:
    """The name as given, for showing only; it never becomes a path (BAD-62, SEC-16)."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > 255:
        raise BadFile(_("A file needs a name of 1 to 255 bytes."))
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise BadFile(_("The file's name holds control characters."))
    if "/" in name or "\\" in name or name in (".", "..") or "%2e" in name.lower():
        raise BadFile(_("The file's name must not be a path."))
    return name


def store(source: "IO[bytes]", path: Path, limit: int | None = None) -> tuple[str, int]:
    """(SHA-256, size). Hashed while it is written, synced before anybody counts on it."""
    digest, size, most = hashlib.sha256(), 0, limit or settings.UPLOAD_LIMIT
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            for block in _blocks(source):
                size += len(block)
                if size > most:
                    words = _("The file has more than %(limit)d MB. Nothing was stored.")
                    raise BadFile(words % {"limit": most // 2**20}, status=413)
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size


def adopt(source: Path, path: Path) -> tuple[str, int]:
    """(SHA-256, size) of a synced file of ours that gets another place."""
    digest = hashlib.sha256()
    with source.open("rb") as file:
        for block in _blocks(file):
            digest.update(block)
    size = source.stat().st_size
    os.replace(source, path)
    return digest.hexdigest(), size


def _blocks(source: "IO[bytes]") -> Iterator[bytes]:
    while block := source.read(CHUNK):
        yield block


def once(batch: Import) -> None:
    """Two people with the same file at the same moment: one is first (FLT-15)."""
    lock_content(batch.sha256)
    same = Import.objects.filter(
        dataset=batch.dataset, kind=batch.kind, sha256=batch.sha256, state__in=ALIVE
    ).exclude(pk=batch.pk)
    if found := same.select_related("dataset").first():
        raise AlreadyThere(found)


def lock_content(sha256: str) -> None:
    """Held until the caller's transaction ends."""
    with connection.cursor() as cursor:
        number = int(sha256[:7], 16)
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SAME_FILE, number])


def elsewhere(sha256: str, user: "User") -> Import | None:
    """The same interactions in any dataset that this user may see."""
    found = Import.objects.filter(sha256=sha256, kind=Kind.INTERACTIONS, state__in=ALIVE)
    visible = found.filter(dataset__in=Dataset.objects.visible(user))
    return visible.select_related("dataset").order_by("pk").first()


def begin(batch: Import, owner: "User", *, quota: bool = True) -> Job:
    """Order the work. Raises AlreadyThere, orders.Quota."""
    try:
        with transaction.atomic():
            batch.state = ImportState.CHECKING
            batch.refusal = None
            batch.save()
    except IntegrityError:
        same = Import.objects.filter(
            dataset=batch.dataset, kind=batch.kind, sha256=batch.sha256, state__in=ALIVE
        )
        raise AlreadyThere(same.exclude(pk=batch.pk).get()) from None
    return orders.order(
        "import",
        owner=owner,
        title=lambda: (
            _("Import %(file)s into %(dataset)s")
            % {"file": batch.file_name[:80], "dataset": batch.dataset.name[:80]}
        ),
        dataset_id=batch.dataset_id,
        target_id=batch.pk,
        quota=quota,
    )


def accept(batch: Import, owner: "User") -> Job | None:
    """The admin takes the good rows; None when nobody had asked (any more). Raises BadFile where
    no row is good: a version of nothing helps nobody."""
    with transaction.atomic():
        row = Import.objects.select_for_update().get(pk=batch.pk)
        if row.state != ImportState.WAITING:
            return None
        if not row.accepted:
            words = _("No row of this file is good: discard it, or read it in another way.")
            raise BadFile(words, status=409, field="decision")
        row.accept_bad = True
        return begin(row, owner)


def again(batch: Import) -> bool:
    """A file that is refused or waits for a decision, and is kept, goes back to the mapping.

    What was found in its rows is forgotten: it was read otherwise. Raises AlreadyThere.
    """
    with transaction.atomic():
        row = Import.objects.select_for_update().get(pk=batch.pk)
        if row.state not in (ImportState.REFUSED, ImportState.WAITING) or not row.path.is_file():
            return False
        once(row)
        row.bad_rows.all().delete()
        row.options = {**row.options, **_proposed(row)}
        row.rows_in = row.accepted = row.duplicates = row.quarantined = 0
        row.reasons, row.notes, row.accept_bad = {}, [], False
        row.facts = {name: row.facts[name] for name in ("lines",) if name in row.facts}
        if row.refusal:
            row.facts["refused"] = row.refusal  # the page of its columns says it
        row.state, row.refusal = ImportState.UPLOADED, None
        row.save()
    return True


def _proposed(row: Import) -> dict[str, Any]:
    """What the rows themselves say about how to read them, for somebody to confirm."""
    made: dict[str, Any] = {}
    shown = (row.refusal or {}).get("details", {}).get("day_first")
    if shown is not None:
        made["day_first"] = shown
    if row.reasons.get("value-decimal-comma", 0) > row.accepted:
        made["decimal"] = ","
    return made


def discard(batch: Import) -> bool:
    """The file is not wanted: nothing of it stays but this row, and why its rows were bad."""
    with transaction.atomic():
        row = Import.objects.select_for_update().get(pk=batch.pk)
        if row.state not in (ImportState.WAITING, ImportState.UPLOADED, ImportState.REFUSED):
            return False
        secret = privacy.wants_pseudonyms(row.dataset)
        facts = {**row.facts, "examples": {} if secret else examples(row)}
        Import.objects.filter(pk=row.pk).update(state=ImportState.CANCELLED, facts=facts)
        row.bad_rows.all().delete()
        Quarantined.objects.filter(mend=row).update(mend=None)  # they wait where they were
        transaction.on_commit(lambda: row.path.unlink(missing_ok=True))
    return True


def examples(batch: Import) -> dict[str, dict[str, Any]]:
    """Reason -> what its first row gives as its example; of a discarded file as it was then."""
    return examples_of([batch])[batch.pk]


def examples_of(batches: Iterable[Import]) -> dict[int, dict[str, dict[str, Any]]]:
    """The same of several files by their ids: asked for once, for a page that lists them."""
    found = {batch.pk: batch for batch in batches}
    first: dict[int, dict[str, dict[str, Any]]] = {}
    rows = Quarantined.objects.filter(batch_id__in=found).order_by("batch_id", "code", "line")
    rows = rows.distinct("batch_id", "code")
    for pk, code, args in rows.values_list("batch_id", "code", "args"):
        first.setdefault(pk, {})[code] = args
    return {pk: first.get(pk) or batch.facts.get("examples", {}) for pk, batch in found.items()}
