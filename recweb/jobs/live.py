"""What a page says about a job that goes on: how long still, when to ask again, what changed."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from recweb.jobs.models import Job

SPREAD = (0.75, 1.35)  # of the even pace: epochs differ, other jobs come and go
SURE_AFTER = 2.0  # seconds of one attempt; before that any estimate is a guess
ELAPSED_STEP = 5  # seconds between two fragments that differ in nothing but the clock

ICONS = {
    "queued": "hourglass-split",
    "running": "arrow-repeat",
    "cancelling": "stop-circle",
    "done": "check-circle",
    "failed": "exclamation-triangle",
    "cancelled": "x-circle",
}


@dataclass(frozen=True)
class Eta:
    low: float  # seconds
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


def eta(job: "Job", now: datetime | None = None) -> Eta | None:
    """From the pace of this attempt alone: what an earlier one had done came for nothing."""
    if job.state != "running" or not job.total or not job.claimed or not job.progress_at:
        return None
    gained = job.done - (job.base or 0.0)
    spent = (job.progress_at - job.claimed).total_seconds()
    if gained <= 0 or spent < SURE_AFTER:
        return None
    since = ((now or timezone.now()) - job.progress_at).total_seconds()
    rest = max(0.0, (job.total - job.done) / gained * spent - since)
    # past its time: “0 s left” would be said for as long as it still takes
    return Eta(rest * SPREAD[0], rest * SPREAD[1]) if rest > 0.5 else None


def elapsed(job: "Job", now: datetime | None = None) -> float | None:
    """Seconds since it first began, up to its end."""
    if job.started is None:
        return None
    return max(0.0, ((job.finished or now or timezone.now()) - job.started).total_seconds())


def poll_seconds(job: "Job") -> int:
    """1, then 2, then 5: who has waited long does not look every second. One in line may begin at
    any moment, and many end soon after: it is looked at every other second at least."""
    waited = (timezone.now() - (job.started or job.created)).total_seconds()
    return 1 if waited < 20 else 2 if waited < 120 or job.state == "queued" else 5


def quarter(job: "Job") -> int:
    """0, 25, 50, 75, 100: said aloud once each."""
    return int(job.fraction * 4) * 25


def stamp(job: "Job") -> str:
    """Differs when the fragment would: state, quarter, and a digest of the rest."""
    clock = int((elapsed(job) or 0) // ELAPSED_STEP)
    place = job.place if job.state == "queued" else ""
    shown = f"{job.done}/{job.total}/{job.step}/{job.attempt}/{clock}/{poll_seconds(job)}/{place}"
    digest = hashlib.sha256(shown.encode()).hexdigest()[:10]
    return f"{job.state}.{quarter(job)}.{digest}"
