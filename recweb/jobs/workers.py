"""Who is there to do the work, in one line for /jobs/."""

from dataclasses import dataclass

from django.utils import timezone

from recweb.jobs.models import Beat

SILENT = 30.0  # seconds
NEEDED = ("worker:train", "worker:quick", "reconciler")


@dataclass(frozen=True)
class Crew:
    workers: int
    slots: int
    age: float | None  # seconds since the newest sign of life; None: never one
    silent: list[str]  # who should be there and has been quiet for too long


def crew() -> Crew:
    now = timezone.now()
    beats = {beat.name: beat for beat in Beat.objects.all()}
    ages = {name: (now - beat.at).total_seconds() for name, beat in beats.items()}
    seen: dict[str, int] = {}
    for name, beat in beats.items():
        if not name.startswith("worker:"):
            continue
        for who, fact in beat.facts.items():
            if now.timestamp() - fact["at"] < SILENT:
                seen[who] = fact["slots"]
    workers = [age for name, age in ages.items() if name.startswith("worker:")]
    silent = [name for name in NEEDED if ages.get(name, SILENT + 1) > SILENT]
    return Crew(len(seen), sum(seen.values()), min(workers, default=None), silent)
