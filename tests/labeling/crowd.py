"""Many annotators at once, each in a thread with its own connection."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import DatabaseError, connection
from django.db.models import Count, F, Q

from recweb.labeling import answers, claims
from recweb.labeling.models import Label, Queue, Sample
from recweb.people.models import User


@dataclass
class Seen:
    seconds: list[float] = field(default_factory=list)  # of each claim with its answer
    refused: int = 0  # claims that the database's constraints stopped

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)] if self.seconds else 0.0


def work(queue: Queue, annotators: list[User], think: float = 0.0, most: int = 10**9) -> Seen:
    """All of them claim and answer until nothing is left (or `most` each)."""
    seen = Seen()

    def one(annotator: User) -> None:
        luck = random.Random(annotator.pk)
        try:
            for _turn in range(most):
                if think:  # nobody keeps time with the others
                    time.sleep(think * (0.5 + luck.random()))
                start = time.perf_counter()
                try:
                    held = claims.take(queue, annotator)
                except DatabaseError:
                    seen.refused += 1
                    if seen.refused > 1000:
                        return
                    continue
                if not held:
                    return
                given = answers.Given(held[0].sample_id % 4, 1.0)
                answers.answer(held[0].sample_id, held[0].token, annotator, given)
                seen.seconds.append(time.perf_counter() - start)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(annotators)) as pool:
        for _done in pool.map(one, annotators):
            pass
    return seen


def doubles(queue: Queue) -> int:
    """Samples that more people hold or have answered than the queue asks for."""
    held = Q(leases__state__in=["held", "answered"])
    rows = Sample.objects.filter(queue=queue).annotate(
        n=Count("leases__annotator", filter=held, distinct=True)
    )
    return rows.filter(n__gt=F("queue__overlap")).count()


def counted(queue: Queue) -> int:
    return Label.objects.filter(sample__queue=queue, closed=None, late=False).count()
