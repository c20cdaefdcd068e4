"""What serves: a policy is drafted, published (refitted first), retired, and brought back."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment, Role
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.people import audit
from recweb.tuning.models import SILENT, Policy, PolicyState
from recweb.tuning.orders import Refused

if TYPE_CHECKING:
    from recweb.people.models import User


def draft(
    experiment: Experiment,
    owner: "User",
    *,
    diversity: float,
    comment: str,
    name: str = "",
    lowest: float = 0.0,
    highest: float = 1.0,
) -> Policy:
    """A policy that does not serve yet. Raises Refused naming the field."""
    if experiment.state != State.DONE or experiment.role != Role.CANDIDATE:
        raise Refused(_("Only a run that is done can be published."), "experiment")
    if not comment.strip():
        raise Refused(_("Say why: the comment is for those who find this policy later."), "comment")
    if not 0.0 <= lowest <= highest <= 1.0:
        raise Refused(_("The bounds must lie between 0 and 1, the lower one first."), "lowest")
    if not lowest <= diversity <= highest:
        raise Refused(outside(diversity, lowest, highest), "diversity")
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update().get(pk=experiment.dataset_id)
        last = Policy.objects.filter(dataset=dataset).aggregate(last=Max("number"))["last"] or 0
        return Policy.objects.create(
            dataset=dataset,
            number=last + 1,
            name=name.strip()[:120] or f"{experiment} @ {diversity:g}"[:120],
            experiment=experiment,
            distance=experiment.split_facts.get("distance") or "categories",
            diversity=diversity,
            lowest=lowest,
            highest=highest,
            comment=comment.strip(),
            owner=owner,
        )


def outside(diversity: float, lowest: float, highest: float) -> str:
    words = _("The diversity %(d)s lies outside the bounds %(lo)s to %(hi)s.")
    return words % {"d": diversity, "lo": lowest, "hi": highest}


def publish(policy: Policy, owner: "User") -> Job:
    """Refit on the whole log, in a job; the one that serves goes on until that is done.

    Raises Refused, jobs.Quota."""
    with transaction.atomic():
        row = Policy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
        if row.state == PolicyState.PUBLISHED:
            raise Refused(_("This policy serves already."))
        if row.state == PolicyState.FITTING:
            raise Refused(_("This policy is being refitted at this moment."))
        if row.final is None or row.final.stale:  # a run from before an erasure is not done again
            row.final = _final(row, owner)
        job = jobs.order(
            "publish",
            owner=owner,
            title=lambda: _("Publish %(policy)s") % {"policy": row.name},
            dataset_id=row.dataset_id,
            target_id=row.pk,
        )
        Experiment.objects.filter(pk=row.final_id or 0).update(job_id=job.pk, state=State.QUEUED)
        row.state, row.job_id = PolicyState.FITTING, job.pk
        row.save(update_fields=["state", "job_id", "final"])
    policy.refresh_from_db()
    return job


def _final(policy: Policy, owner: "User") -> Experiment:
    """The same configuration on everything that the dataset holds now."""
    of = policy.experiment
    return Experiment.objects.create(
        dataset=of.dataset,
        version=of.dataset.version or of.version,
        name=f"{of} (final)"[:120],
        model=of.model,
        params=of.params,
        split=of.split,
        seed=of.seed,
        rules=of.rules,
        labels_from=of.labels_from,
        label_pairs=of.label_pairs,
        role=Role.FINAL,
        parent=of,
        owner=owner,
    )


def go_live(policy: Policy, user: "User", how: str) -> None:
    """Inside the caller's transaction: the old one retires and this one serves, or neither."""
    Dataset.objects.select_for_update().get(pk=policy.dataset_id)
    mine = Policy.objects.filter(dataset_id=policy.dataset_id)
    old = mine.filter(state=PolicyState.PUBLISHED).exclude(pk=policy.pk)
    replaced = list(old.values_list("number", flat=True))
    old.update(state=PolicyState.RETIRED)
    mine.filter(pk=policy.pk).update(state=PolicyState.PUBLISHED, published=timezone.now())
    audit.record(user, how, f"policy {policy.pk}", number=policy.number, replaced=replaced)


def silent() -> QuerySet[Policy]:
    """Those of datasets where nothing serves since a user was erased, and nothing is on its way."""
    busy = Policy.objects.filter(state__in=[PolicyState.PUBLISHED, PolicyState.FITTING])
    rows = Policy.objects.filter(state__in=SILENT, bundle="", published__isnull=False)
    return rows.exclude(dataset__in=busy.values("dataset"))


def silenced(datasets: Iterable[Dataset]) -> list[Policy]:
    """Of each dataset where nothing serves since a user was erased, what served last."""
    rows = silent().filter(dataset__in=datasets).select_related("dataset")
    last: dict[int, Policy] = {}
    for row in rows.order_by("-published", "-pk"):
        last.setdefault(row.dataset_id, row)
    return list(last.values())


def predecessor(policy: Policy) -> Policy | None:
    """Which one served before this one."""
    rows = Policy.objects.filter(dataset_id=policy.dataset_id, state=PolicyState.RETIRED)
    return rows.exclude(bundle="").exclude(pk=policy.pk).order_by("-published").first()


def roll_back(policy: Policy, user: "User") -> Policy:
    """Bring a retired policy back; of the one that serves, the one before it. Raises Refused."""
    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=policy.dataset_id)
        policy.refresh_from_db()
        target = policy if policy.state == PolicyState.RETIRED else None
        if policy.state == PolicyState.PUBLISHED:
            target = predecessor(policy)
        if target is None:
            raise Refused(_("There is no earlier policy to go back to. Nothing was changed."))
        if not (settings.ARTIFACTS / target.bundle / "manifest.json").exists():
            words = _("The files of policy %(n)d are gone; publish it again. Nothing was changed.")
            raise Refused(words % {"n": target.number})
        go_live(target, user, "rollback")
    target.refresh_from_db()
    return target
