"""A file that comes in parts: each is proved by its SHA-256, and a broken one is sent again."""

import hashlib
import hmac
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from recweb.datasets.imports import BadFile, check_name
from recweb.datasets.models import Upload

if TYPE_CHECKING:
    from recweb.people.models import User

PART = 4 * 2**20  # bytes at most: below DATA_UPLOAD_MAX_MEMORY_SIZE
OPEN = 8  # unfinished uploads of one person
HOUR = 3600.0


class Elsewhere(Exception):
    """The part does not begin where the file ends. offset: where it does."""

    def __init__(self, offset: int) -> None:
        super().__init__(_("This part must begin at byte %(offset)d.") % {"offset": offset})
        self.offset = offset


class Torn(Exception):
    """The bytes are not those that were sent."""


def begin(owner: "User", file_name: str, size: int) -> Upload:
    """Room for a file. Raises BadFile for its name, its size, or too many unfinished ones."""
    check_name(file_name)
    if size < 1:
        raise BadFile(_("The file is empty. Nothing was stored."))
    if size > settings.UPLOAD_LIMIT:
        words = _("The file has more than %(limit)d MB. Nothing was stored.")
        raise BadFile(words % {"limit": settings.UPLOAD_LIMIT // 2**20}, status=413)
    if Upload.objects.filter(owner=owner).count() >= OPEN:
        words = _("You have %(n)d unfinished uploads. Finish or delete one first.")
        raise BadFile(words % {"n": OPEN}, status=429)
    upload = Upload.objects.create(owner=owner, file_name=file_name, size=size)
    handle = os.open(upload.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    os.close(handle)
    return upload


def add(upload_id: UUID, offset: int, data: bytes, sha256: str) -> Upload:
    """Append a part. Sent again, a part that is there already is no mistake.

    Raises Elsewhere, Torn, BadFile (more bytes than announced). Upload.DoesNotExist.
    """
    if len(data) > PART:
        raise BadFile(_("A part has at most %(limit)d bytes.") % {"limit": PART}, status=413)
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest().encode(), sha256.lower().encode()):
        raise Torn(_("The part did not arrive as it was sent. Send it again."))
    with transaction.atomic():  # the row is locked: two senders cannot both append
        upload = Upload.objects.select_for_update().get(pk=upload_id)
        if offset + len(data) <= upload.received and _there(upload.path, offset, data):
            return upload
        if offset != upload.received:
            raise Elsewhere(upload.received)
        if offset + len(data) > upload.size:
            words = _("The file was announced with %(size)d bytes; this part goes beyond.")
            raise BadFile(words % {"size": upload.size}, status=413)
        with upload.path.open(
            "r+b"
        ) as file:  # what a dead sender left after the end is written over
            file.seek(offset)
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        upload.received += len(data)
        upload.save(update_fields=["received", "touched"])
    return upload


def _there(path: Path, offset: int, data: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(len(data)) == data


def whole(owner: "User", upload_id: str | UUID) -> Upload:
    """An upload of this person whose bytes are all there. Raises BadFile."""
    try:
        upload = Upload.objects.get(owner=owner, pk=UUID(str(upload_id)))
    except (ValueError, Upload.DoesNotExist):
        raise BadFile(_("There is no such upload (any more). Send the file again.")) from None
    if upload.received != upload.size or not upload.path.is_file():
        words = _("%(n)d of %(size)d bytes of “%(name)s” are there. Send the rest first.")
        given = {"n": upload.received, "size": upload.size, "name": upload.file_name}
        raise BadFile(words % given, status=409)
    return upload


def drop(upload: Upload) -> None:
    """The row, and the bytes if nobody took them."""
    path = upload.path
    upload.delete()
    path.unlink(missing_ok=True)


def sweep(older_than: float = HOUR) -> int:
    """Uploads that nobody went on with; how many."""
    swept = 0
    for upload in Upload.objects.all():
        if time.time() - upload.touched.timestamp() > older_than:
            drop(upload)
            swept += 1
    return swept
