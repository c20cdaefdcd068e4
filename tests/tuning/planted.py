"""Data with planted taste, brought in by the real importer, trained and tuned by the real jobs."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from recweb.datasets import imports
from recweb.datasets.models import Dataset, Member
from recweb.experiments import orders as experiments
from recweb.experiments.models import Experiment
from recweb.jobs import ends, fence, kinds
from recweb.jobs.models import Job
from recweb.jobs.run import Failure, Run
from recweb.people.models import User
from recweb.tuning import orders
from recweb.tuning.models import Frontier

USERS, ITEMS, TOPICS = 60, 80, ("Drama", "Comedy", "Action", "Horror", "科幻")
RULES = [{"event": "rating", "minimum": None, "confidence": "value", "weight": 1.0}]


def ratings(seed: int = 0) -> tuple[str, str]:
    """(ratings.csv, items.csv): each user loves one topic and half likes the next."""
    rng = np.random.default_rng(seed)
    topic = np.arange(ITEMS) % len(TOPICS)
    lines = ["userId,itemId,rating,timestamp"]
    for user in range(USERS):
        love = user % len(TOPICS)
        liking = np.where(topic == love, 8.0, np.where(topic == (love + 1) % len(TOPICS), 2.0, 0.3))
        liking = liking / (1 + np.arange(ITEMS) / 25)  # some items are more popular than others
        n = 12 + user % 9 if user else 5
        taken = rng.choice(ITEMS, n, replace=False, p=liking / liking.sum())
        for step, item in enumerate(taken):
            stars = 3 + int(topic[item] == love) + int(rng.random() < 0.5)
            lines.append(f"u{user},i{item},{stars},{1_400_000_000 + user * 50_000 + step * 3600}")
    items = ["itemId,title,genres"]
    for item in range(ITEMS):
        genres = TOPICS[topic[item]]
        if item % 3 == 0:
            genres += f"|{TOPICS[(topic[item] + 2) % len(TOPICS)]}"
        items.append(f"i{item},The {TOPICS[topic[item]]} of Number {item},{genres}")
    return "\n".join(lines) + "\n", "\n".join(items) + "\n"


def work_off(queue: str = "train") -> Job:
    """Do the next waiting job of the queue here and now."""
    job = fence.claim(queue, "test:1")
    assert job is not None, f"no job waits on queue {queue}"
    run = Run(job)
    try:
        ends.load(kinds.get(job.kind).run)(run)
        ends.end(job.pk, job.attempt, "done")
    except Failure as failure:
        ends.end(job.pk, job.attempt, "failed", str(failure))
    job.refresh_from_db()
    return job


def folders(root: Path) -> None:
    for name in ("uploads", "artifacts", "spool", "jobs"):
        (root / name).mkdir()
    settings.UPLOADS, settings.ARTIFACTS = root / "uploads", root / "artifacts"
    settings.SPOOL, settings.JOB_LOGS = root / "spool", root / "jobs"


def shop(owner: User, *members: User, slug: str = "shop") -> Dataset:
    dataset = Dataset.objects.create(slug=slug, name="Planted 商店", owner=owner, rules=RULES)
    for user in members:
        Member.objects.create(dataset=dataset, user=user)
    log, items = ratings()
    for kind, text in (("items", items), ("interactions", log)):
        given = io.BytesIO(text.encode())
        batch, job = imports.start_import(dataset, kind, given, f"{kind}.csv", owner, rules=RULES)
        done = work_off("import")
        batch.refresh_from_db()
        assert batch.state == "loaded", done.error
    dataset.refresh_from_db()
    return dataset


def train(dataset: Dataset, owner: User, model: str = "ease", **more: Any) -> Experiment:
    run = experiments.start(dataset, model=model, owner=owner, split="user-temporal", **more)
    job = work_off()
    assert job.state == "done", job.error
    run.refresh_from_db()
    return run


def tune(run: Experiment, owner: User) -> Frontier:
    row = orders.frontier(run, owner)
    job = work_off()
    assert job.state == "done", job.error
    row.refresh_from_db()
    return row
