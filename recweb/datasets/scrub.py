"""Where else a user's id may have been written down: uploads, bad rows, notes, logs, answers."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from recweb.datasets import privacy
from recweb.datasets.models import Dataset, Import, ImportState, Quarantined
from recweb.jobs.models import Job
from recweb.people.models import Idempotency

ENCODINGS = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "big5",
    "shift_jis",
    "cp949",
    "latin-1",
    "cp1252",
)
CELLS = re.compile(r"[,;|\t\"{}\[\]:\s]+")
ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
PACKED = (b"PAR1", b"PK\x03\x04")  # Parquet and XLSX: their bytes cannot be searched
BLOCK = 1 << 20
SAYS_SOMETHING = 4  # a shorter id is a number like any other where it stands alone
MASK = "[erased]"
# characters of a job's fields: the mask may be longer than an id
ROOM = {"title": 200, "step": 200}


def everywhere(dataset: Dataset, outside_id: str) -> dict[str, int]:
    """Remove the id from everything but the tables of the log; what was removed."""
    counts = {"files": _files(dataset, outside_id), "bad_rows": _bad_rows(dataset, outside_id)}
    _imports(dataset, outside_id)
    if len(outside_id) >= SAYS_SOMETHING:
        counts["answers"] = _answers(outside_id)
        _jobs(outside_id)
        _names(dataset, outside_id)
        counts["log_lines"] = _logs(outside_id)
    return counts


def _files(dataset: Dataset, outside_id: str) -> int:
    """Uploads that name the user, or that cannot be searched, go; those not loaded yet are
    cancelled with that."""
    n = 0
    for batch in dataset.imports.exclude(kind="items"):
        if not batch.path.is_file() or not mentions(batch.path, outside_id):
            continue
        batch.path.unlink()
        n += 1
        Import.objects.filter(
            pk=batch.pk, state__in=(ImportState.UPLOADED, ImportState.WAITING)
        ).update(state=ImportState.CANCELLED)
    return n


def mentions(path: Path, outside_id: str) -> bool:
    """True when the file's bytes hold the id in any encoding we read, or cannot be searched."""
    with open(path, "rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(PACKED):
            return True
        packed = start[:2] == b"\x1f\x8b"
        source: Any = gzip.open(file) if packed else file
        try:
            return _holds(source, _needles(outside_id), packed)
        except (OSError, EOFError, zlib.error):
            return True


def _needles(outside_id: str) -> "re.Pattern[bytes]":
    found = set()
    for text in _written(outside_id):
        for name in ENCODINGS:
            with suppress(UnicodeEncodeError):  # a part of an id would be found in other ones
                found.add(text.encode(name))
    return re.compile(b"|".join(re.escape(each) for each in sorted(found, key=len, reverse=True)))


def _written(outside_id: str) -> set[str]:
    """The id as CSV and the usual writers of JSON have it."""
    escaped = json.dumps(outside_id)[1:-1]
    found = {outside_id, outside_id.replace('"', '""'), escaped}
    found.add(_plain(outside_id))
    found.add(ESCAPE.sub(lambda found: "\\u" + found[1].upper(), escaped))
    return found | {text.replace("/", "\\/") for text in found}


def _holds(source: Any, needles: "re.Pattern[bytes]", packed: bool) -> bool:
    tail = b""
    while block := source.read(BLOCK):
        if packed and not tail and block.startswith(PACKED):
            return True
        if needles.search(tail + block):
            return True
        tail = block[-1024:]
    return False


def _bad_rows(dataset: Dataset, outside_id: str) -> int:
    rows = Quarantined.objects.filter(batch__dataset=dataset)
    named = Q(text__contains=outside_id) | Q(args__icontains=_plain(outside_id))
    return rows.filter(named).delete()[0]


def quotes(dataset: Dataset, outside_id: str) -> bool:
    """A bad row names the user, between whatever parts cells."""
    rows = Quarantined.objects.filter(batch__dataset=dataset)
    for text in _written(outside_id) if "\0" not in outside_id else ():  # no stored text has NUL
        whole = rf"(^|[^[:alnum:]]){re.escape(text)}($|[^[:alnum:]])"
        if rows.filter(text__contains=text, text__regex=whole).exists():
            return True
    return False


def quoted(dataset: Dataset, secret: bytes, macs: set[str]) -> dict[str, str]:
    """Which cells of bad rows are these users' ids: keyed hash -> id."""
    rows = Quarantined.objects.filter(batch__dataset=dataset).values_list("text", flat=True)
    cells = (cell for text in rows.iterator() for cell in CELLS.split(text))
    return {known: cell for cell in cells if (known := privacy.of(secret, cell)) in macs}


def _imports(dataset: Dataset, outside_id: str) -> None:
    """Notes, refusals and the examples of a discarded file quote cells."""
    for batch in dataset.imports.all():
        notes = [note for note in batch.notes if not _said(note, outside_id)]
        refusal = _refusal(batch.refusal, outside_id)
        facts = dict(batch.facts)
        if "refused" in facts:
            facts["refused"] = _refusal(facts["refused"], outside_id)
        if "examples" in facts:
            examples = facts["examples"].items()
            facts["examples"] = {
                code: args for code, args in examples if not _said(args, outside_id)
            }
        if (notes, refusal, facts) != (batch.notes, batch.refusal, batch.facts):
            Import.objects.filter(pk=batch.pk).update(notes=notes, refusal=refusal, facts=facts)


def _refusal(found: Any, outside_id: str) -> Any:
    if found is None or not _said(found, outside_id):
        return found
    return {"code": found.get("code", ""), "details": {}}


def _said(value: object, outside_id: str) -> bool:
    return _plain(outside_id) in json.dumps(value, ensure_ascii=False)


def _plain(outside_id: str) -> str:
    """As it stands in JSON that escapes no letters, which is how Postgres writes it."""
    return json.dumps(outside_id, ensure_ascii=False)[1:-1]


def _answers(outside_id: str) -> int:
    """What POSTs answered is kept for their repetition; an answer may name the user."""
    named = Q(body__contains=outside_id) | Q(body__contains=json.dumps(outside_id)[1:-1])
    named |= Q(body__contains=_plain(outside_id))
    return Idempotency.objects.filter(named).delete()[0]


def _jobs(outside_id: str) -> None:
    for field in ("title", "error", "trace", "step"):
        rows = Job.objects.filter(**{f"{field}__contains": outside_id})
        for pk, text in rows.values_list("pk", field):
            masked = text.replace(outside_id, MASK)[: ROOM.get(field)]
            Job.objects.filter(pk=pk).update(**{field: masked})
    for pk, titles in Job.objects.filter(titles__icontains=_plain(outside_id)).values_list(
        "pk", "titles"
    ):
        masked = {language: text.replace(outside_id, MASK) for language, text in titles.items()}
        Job.objects.filter(pk=pk).update(titles=masked)


def _names(dataset: Dataset, outside_id: str) -> None:
    for batch in dataset.imports.filter(file_name__contains=outside_id):
        name = batch.file_name.replace(outside_id, MASK)[:255]
        Import.objects.filter(pk=batch.pk).update(file_name=name)


def _logs(outside_id: str) -> int:
    """Overwritten where it stands, as long as before: whoever appends meanwhile loses nothing."""
    n = 0
    word = re.escape(outside_id.encode("utf-8", "surrogatepass"))
    escaped = re.escape(json.dumps(outside_id)[1:-1].encode())
    needle = re.compile(rb"(?<![0-9A-Za-z])(?:" + word + rb"|" + escaped + rb")(?![0-9A-Za-z])")
    for path in _log_files():
        with open(path, "r+b") as file:
            for found in needle.finditer(file.read()):
                file.seek(found.start())
                file.write(b"*" * len(found.group()))
                n += 1
    return n


def _log_files() -> Iterator[Path]:
    yield from (path for path in Path(settings.JOB_LOGS).rglob("*") if path.is_file())
    logs = Path(settings.HOME) / "logs"
    yield from (path for path in logs.glob("*.log*") if path.is_file())
