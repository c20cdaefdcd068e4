"""A small cast with rows of every app: ann owns, bob shares, dan labels, cat must see nothing.

`people()` makes users only; `play()` adds one dataset with a run, a frontier, a policy, a queue
and a job, all small and hand-made (no file, no training), whose texts all carry CANARY.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from recweb.people import accounts
from recweb.people.models import Token, User

PASSWORD = "correct horse battery"
CANARY = "Zephyrine"
ROLES = {"ann": "admin", "bob": "analyst", "cat": "analyst", "dan": "annotator", "eva": "annotator"}


def person(name: str, role: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD)
    accounts.set_role(user, role)
    return User.objects.get(pk=user.pk)


def people() -> dict[str, User]:
    return {name: person(name, role) for name, role in ROLES.items()}


def client(user: User | None, **more: Any) -> Client:
    made = Client(**more)
    if user is not None:
        made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


@dataclass
class Play:
    """Rows by the word that routes use for them."""

    users: dict[str, User]
    rows: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.rows[name]
        except KeyError:
            raise AttributeError(name) from None


def play() -> Play:
    made = Play(people())
    _data(made)
    _experiments(made)
    _studies(made)
    _policies(made)
    _labels(made)
    for name, user in made.users.items():
        made.tokens[name] = Token.make(user, f"token of {name}")
    made.tokens["serving"] = Token.make(
        made.users["bob"], f"{CANARY} serving", dataset_id=made.dataset.pk
    )
    return made


EVENTS = [(0, 0, 4.0), (0, 1, 3.0), (1, 0, 5.0), (1, 2, 2.0), (2, 1, 1.0), (2, 3, 4.5)]
METRICS = ("ndcg@10", "recall@10", "ild@10", "coverage@10", "epc@10")
TOPICS = (["Drama"], ["Comedy", "Drama"], ["Action"], ["Comedy"])


def _data(made: Play) -> None:
    from recweb.datasets.models import Dataset, EventName, Import, Item, Member, Person, Version

    owner = made.users["ann"]
    slug = CANARY.lower()
    stored = str(uuid.uuid4())
    (settings.UPLOADS / stored).write_text("user,item,rating\n")
    dataset = Dataset.objects.create(slug=slug, name=f"{CANARY} films", owner=owner)
    for name in ("ann", "bob", "dan"):
        Member.objects.create(dataset=dataset, user=made.users[name])
    batch = Import.objects.create(
        dataset=dataset,
        kind="interactions",
        state="loaded",
        file_name=f"{CANARY}.csv",
        stored=stored,
        sha256="0" * 64,
        size=100,
        rows_in=6,
        accepted=6,
        owner=owner,
        loaded=timezone.now(),
    )
    version = Version.objects.create(
        dataset=dataset,
        number=1,
        fingerprint="f" * 64,
        n_interactions=6,
        n_users=3,
        n_items=4,
        owner=owner,
    )
    version.imports.add(batch)
    EventName.objects.create(dataset_id=dataset.pk, code=0, name="rating")
    for code in range(3):
        Person.objects.create(dataset=dataset, code=code, outside_id=f"u{code}", n_events=2)
    for code, topics in enumerate(TOPICS):
        Item.objects.create(
            dataset=dataset,
            code=code,
            outside_id=f"i{code}",
            title=f"{CANARY} {code}",
            topics=topics,
            in_catalogue=True,
            n_events=2,
        )
    _log(dataset.pk, batch.pk)
    _profile(dataset, batch, version)
    made.rows |= {"dataset": dataset, "batch": batch, "version": version}


def _log(dataset_id: int, import_id: int) -> None:
    from django.db import connection

    from recweb.datasets import partitions

    table = partitions.staging(import_id, 1)
    partitions.create_staging(table, dataset_id, import_id)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (line, user_code, item_code, event, value, at) "
            "VALUES (%s, %s, %s, 0, %s, %s)",
            [
                (line, user, item, value, 1_700_000_000 + line)
                for line, (user, item, value) in enumerate(EVENTS, 1)
            ],
        )
    partitions.attach(table, dataset_id, import_id)


def _profile(dataset: Any, batch: Any, version: Any) -> None:
    """The figures of the data pages, by the same code that an import runs."""
    from recweb.datasets import arrays, catalogue, profile, rules, tasks
    from recweb.datasets import people as log_people

    rows = arrays.resolve([arrays.read(dataset.pk, batch.pk)]).rows
    names, facts = log_people.event_names(dataset.pk), catalogue.read(dataset.pk)
    dataset.rules = rules.default(rows, names)
    dataset.save(update_fields=["rules"])
    version.profile = profile.figures(rows, names, facts, 3) | {"replaced": 0}
    version.profile["splits"] = tasks.split_sizes(rows, names, 3, len(facts), dataset.rules)
    version.save(update_fields=["profile"])


def _metric(mean: float) -> dict[str, float]:
    return {"mean": mean, "lo": mean - 0.01, "hi": mean + 0.01, "n": 3}


def _experiments(made: Play) -> None:
    from recweb.experiments.models import Experiment
    from recweb.jobs.models import Job

    owner, dataset = made.users["bob"], made.dataset
    experiment = Experiment.objects.create(
        dataset=dataset,
        version=made.version,
        name=f"{CANARY} run",
        model="pop",
        state="done",
        split="user-temporal",
        metrics={"validation": {name: _metric(0.1 + n / 10) for n, name in enumerate(METRICS)}},
        owner=owner,
        finished=timezone.now(),
    )
    job = Job.objects.create(
        kind="train",
        owner=owner,
        dataset_id=dataset.pk,
        target_id=experiment.pk,
        title=f"{CANARY} training",
        queue="train",
        state="done",
        attempt=1,
        finished=timezone.now(),
    )
    Experiment.objects.filter(pk=experiment.pk).update(job_id=job.pk)
    experiment.refresh_from_db()
    made.rows |= {"experiment": experiment, "job": job}


def _studies(made: Play) -> None:
    from recweb.studies.models import Study, Trial

    study = Study.objects.create(
        dataset=made.dataset,
        version=made.version,
        name=f"{CANARY} run of studies",
        model_ids=["itemknn"],
        trials=2,
        objectives=["relevance", "diversity"],
        state="done",
        job_id=made.job.pk,
        owner=made.users["bob"],
    )
    for number in range(2):
        Trial.objects.create(
            study=study,
            model="itemknn",
            number=number,
            state="done",
            params={"k": 10 + number},
            values={"ndcg@10": 0.1 + number, "ild@10": 0.2 - number, "cpu_seconds": 1.0},
            value=0.1 + number,
            job_id=made.job.pk,
            attempt=1,
        )
    made.rows["study"] = study


def _policies(made: Play) -> None:
    from recweb.tuning.models import Frontier, Policy

    weights = [n / 20 for n in range(21)]
    band = {
        name: {
            "mean": [0.3 - w / 10 for w in weights],
            "lo": [0.28 - w / 10 for w in weights],
            "hi": [0.32 - w / 10 for w in weights],
        }
        for name in METRICS
    }
    frontier = Frontier.objects.create(
        experiment=made.experiment,
        distance="categories",
        points={"weights": weights, "metrics": band, "knee": 0.3},
        k=2,
        n_candidates=4,
    )
    policy = Policy.objects.create(
        dataset=made.dataset,
        number=1,
        name=f"{CANARY} policy",
        experiment=made.experiment,
        diversity=0.3,
        comment=f"{CANARY} because",
        owner=made.users["bob"],
    )
    made.rows |= {"frontier": frontier, "policy": policy}


def _labels(made: Play) -> None:
    from recweb.labeling.models import Label, Lease, Queue, Sample, Shadow

    queue = Queue.objects.create(
        dataset=made.dataset,
        experiment=made.experiment,
        name=f"{CANARY} queue",
        state="open",
        size=4,
        owner=made.users["bob"],
    )
    samples = [
        Sample.objects.create(
            queue=queue, order=n, user_code=n % 3, item_code=(n + 2) % 4, arm="uncertain"
        )
        for n in range(3)
    ]
    until = timezone.now() + timedelta(minutes=10)
    dan = made.users["dan"]
    lease = Lease.objects.create(sample=samples[0], annotator=dan, until=until)
    done = Lease.objects.create(sample=samples[1], annotator=dan, until=until, state="answered")
    label = Label.objects.create(
        sample=samples[1], annotator=dan, value=2, lease=done.token, note=f"{CANARY} note"
    )
    Sample.objects.filter(pk=samples[1].pk).update(wanted=0)
    Shadow.objects.create(queue=queue, owner=made.users["bob"], state="failed")
    made.rows |= {"queue": queue, "sample": samples[0], "lease": lease, "label": label}
