"""What went wrong, in words for the user, and the trace for the admin."""

import errno
import traceback
from dataclasses import dataclass

from django.utils.translation import gettext as _

from recweb.jobs.run import Failure
from recweb.lib import outage

REFUSED = ("Refused", "RefusedParameters")  # training says so about parameters; never imported here


@dataclass(frozen=True)
class Words:
    message: str
    trace: str = ""


def words(error: BaseException, memory_mb: int | None) -> Words:
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, Failure) or type(error).__name__ in REFUSED:
        return Words(str(error))
    if _on_gpu(error):
        message = _(
            "The graphics card has too little memory for this. Nothing was published. "
            "Choose a smaller model or batch, or let it run on the processor."
        )
        return Words(message, trace)
    if isinstance(error, MemoryError):
        return Words(out_of_memory(memory_mb), trace)
    if _disk_full(error):
        message = _(
            "The disk is full. Nothing was published, earlier checkpoints are kept. "
            "Free some space, then press Retry."
        )
        return Words(message, trace)
    message = _(
        "Something went wrong inside recweb (%(error)s). Nothing was published and your data is "
        "unchanged. An admin sees the details on this page."
    )
    return Words(message % {"error": type(error).__name__}, trace)


def out_of_memory(limit_mb: int | None, used_mb: float | None = None) -> str:
    if limit_mb is None:
        return _("This needs more memory than there is. Nothing was published.")
    message = _(
        "This needs more than %(used)d MB of memory, and the limit is %(limit)d MB. Nothing was "
        "published. Take fewer rows or a smaller model, or ask an admin to raise the limit."
    )
    return message % {"used": round(used_mb or limit_mb), "limit": limit_mb}


def _disk_full(error: BaseException) -> bool:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or outage.code(error) == outage.DISK_FULL


def _on_gpu(error: BaseException) -> bool:
    """torch.cuda.OutOfMemoryError, without importing torch."""
    return any(
        kind.__name__ == "OutOfMemoryError" and kind.__module__.startswith("torch")
        for kind in type(error).__mro__
    )
