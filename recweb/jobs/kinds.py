"""What kinds of long work there are: each app registers its own in AppConfig.ready."""

from dataclasses import dataclass
from typing import Literal

from django.utils.module_loading import import_string

Queue = Literal["train", "quick", "import"]


@dataclass(frozen=True)
class Kind:
    name: str
    queue: Queue
    run: str  # "recweb.experiments.tasks:train", called with a Run
    child: bool  # in a process of its own, which a cancel can kill
    memory_mb: int | None = None  # queue import: address space; else: resident memory
    nice: bool = False
    on_end: str | None = None  # "module:function", called with the ended job in its transaction
    retry: bool = True  # after a lost worker, and by the Retry button
    on_retry: str | None = None  # the same when an ended job is queued again
    page: str | None = None  # "module:function": of a job what it made, for a user: address or ""
    folder: str = ""  # artifacts below "<folder>-<target id>"; default "<name>-<job id>"
    silence: float = 1800.0  # seconds without progress() or check() that mean: it hangs


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    known = _kinds.setdefault(kind.name, kind)
    if known != kind:
        raise ValueError(f"two kinds of job are named {kind.name!r}")


def get(name: str) -> Kind:
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no app registered jobs of kind {name!r}") from None


def can_retry(name: str) -> bool:
    return name in _kinds and _kinds[name].retry


def names() -> list[str]:
    return sorted(_kinds)


def page(name: str, job: object, user: object) -> str:
    """Where this user may look at what a job of that kind made; "" where nobody said."""
    place = _kinds[name].page if name in _kinds else None
    return str(import_string(place.replace(":", "."))(job, user)) if place else ""
