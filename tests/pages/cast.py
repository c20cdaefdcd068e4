"""People and rows for the pages: ann leads, bob analyses, cat labels, dan belongs to nothing."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.utils import timezone

from recweb.datasets.models import Dataset, Item, Member, Person, Version
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.people.models import User

ROLES = {"ann": "Admin", "bob": "Analyst", "cat": "Annotator", "dan": "Analyst"}


def verdict(code: str = "better", gap: float = 0.027) -> dict[str, object]:
    facts = {"code": code, "difference": gap, "lo": gap - 0.006, "hi": gap + 0.006, "p": 0.0001}
    named = {"ndcg@10": facts | {"baseline_mean": 0.05}}
    return {"code": code, "n": 671, "baseline": "pop", "metrics": named}


VERDICT = verdict()


@dataclass
class Cast:
    ann: User
    bob: User
    cat: User
    dan: User


def people() -> Cast:
    made = {}
    for name, role in ROLES.items():
        made[name] = User.objects.create_user(name, password=f"{name}-pass-123")
        made[name].groups.set([Group.objects.get_or_create(name=role)[0]])
    return Cast(**made)


def dataset(cast: Cast, slug: str = "films", name: str = "Films 电影") -> Dataset:
    row = Dataset.objects.create(slug=slug, name=name, owner=cast.ann)
    for user in (cast.ann, cast.bob, cast.cat):
        Member.objects.create(dataset=row, user=user)
    Version.objects.create(
        dataset=row,
        number=1,
        fingerprint="0" * 64,
        n_interactions=1234567,
        n_users=671,
        n_items=9066,
        profile={"time": [[0, 3], [86400, 9], [172800, 4]]},
        owner=cast.ann,
    )
    Person.objects.create(dataset=row, code=0, outside_id="u1", n_events=3)
    Item.objects.create(
        dataset=row, code=0, outside_id="i1", title="The Long Way", topics=["Drama"], n_events=3
    )
    return row


def experiment(cast: Cast, of: Dataset, model: str = "ease", **facts: object) -> Experiment:
    given: dict[str, object] = {
        "state": "done",
        "metrics": {"validation": {"ndcg@10": {"mean": 0.07, "lo": 0.06, "hi": 0.08, "n": 600}}},
        "finished": timezone.now(),
        "owner": cast.bob,
    } | facts
    return Experiment.objects.create(dataset=of, version=of.version, model=model, **given)


def job(cast: Cast, of: Dataset, **facts: object) -> Job:
    given: dict[str, object] = {
        "kind": "train",
        "queue": "train",
        "owner": cast.bob,
        "title": "Train ease",
        "dataset_id": of.pk,
        "done": 3,
        "total": 10,
        "step": "epoch 3",
    } | facts
    return Job.objects.create(**given)
