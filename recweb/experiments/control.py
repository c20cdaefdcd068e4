"""The shuffled control of a run: the same model on interactions that carry no taste.

It is a run of its own that stands in no table: ordered from the page of the run it belongs to,
and read there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from recweb.experiments import orders, words
from recweb.experiments.models import Experiment, Role
from recweb.jobs.models import LIVE, Job, State

if TYPE_CHECKING:
    from recweb.people.models import User

BASES = ("random", "pop", "recentpop")  # they learn nothing that a shuffle could take away


def suits(run: Experiment) -> bool:
    """Whether a control would say anything of the run."""
    return run.state == State.DONE and run.role == Role.CANDIDATE and run.model not in BASES


def of(run: Experiment) -> Experiment | None:
    """The run's control: the one that goes on or is done, else the last that ended otherwise."""
    rows = list(run.children.filter(role=Role.CONTROL).defer("label_pairs").order_by("-pk")[:20])
    counts = (row for row in rows if row.state in LIVE or row.state == State.DONE)
    return next(counts, rows[0] if rows else None)


def order(run: Experiment, owner: "User") -> Experiment:
    """The control that is there, or a new one. Raises orders.Refused."""
    if not suits(run):
        raise orders.Refused(
            "experiment",
            _("A control belongs to a run that is done and that learns from who chose what; this "
              "one is none. Nothing was started."),
        )  # fmt: skip
    with transaction.atomic():
        Experiment.objects.select_for_update().get(pk=run.pk)  # two clicks, one control
        there = of(run)
        if there is not None and (there.state in LIVE or there.state == State.DONE):
            return there
        return orders.start(
            run.dataset,
            model=run.model,
            owner=owner,
            params=run.params,
            split=run.split,
            rules=run.rules,
            seed=run.seed,
            version=run.version,
            parent=run,
            labels_from=run.labels_from,
            label_pairs=run.label_pairs,
            name=_("%(run)s, shuffled") % {"run": str(run)[:100]},
            role=Role.CONTROL,
        )


@dataclass(frozen=True)
class Shown:
    """What the run's page says of its control."""

    run: Experiment | None
    job: Job | None
    seconds: int | None  # as long as the run itself took
    verdict: words.Verdict | None
    rows: list[tuple[str, dict[str, float] | None]]  # name, cell of the headline metric

    @property
    def metric(self) -> str:
        return words.metric_name(words.HEADLINE)

    @property
    def live(self) -> bool:
        return self.job is not None and self.job.is_live

    @property
    def again(self) -> bool:
        return self.run is not None and self.run.state in (State.FAILED, State.CANCELLED)


def shown(run: Experiment) -> Shown | None:
    if not suits(run):
        return None
    found = of(run)
    job = None
    if found is not None and found.state in LIVE:
        job = Job.objects.select_related("owner").filter(pk=found.job_id or 0).first()
    done = found if found is not None and found.state == State.DONE else None
    took = run.resources.get("wall_seconds")
    seconds = None if took is None else max(1, round(took))
    return Shown(found, job, seconds, verdict(done), _rows(run, done) if done else [])


def _rows(run: Experiment, control: Experiment) -> list[tuple[str, dict[str, float] | None]]:
    pop = ((control.verdict or {}).get("metrics") or {}).get(words.HEADLINE) or {}
    cells = [one.metrics.get("validation", {}).get(words.HEADLINE) for one in (run, control)]
    base = {"mean": pop["baseline_mean"]} if pop.get("baseline_mean") is not None else None
    return [(_("This run"), cells[0]), (_("Popularity"), base), (_("Shuffled control"), cells[1])]


def verdict(control: Experiment | None) -> words.Verdict | None:
    """Good when the control fell to popularity: better than it is the warning."""
    cells = ((control.verdict or {}).get("metrics") or {}) if control else {}
    cell = cells.get(words.HEADLINE)
    if not cell or cell.get("difference") is None:
        return None
    facts = words.facts_of(cell)
    if cell.get("code") == "better":
        return words.Verdict("worse", _(
            "Even on shuffled interactions the model stays above popularity: %(gap)s%(share)s on "
            "%(metric)s (95 %% interval %(lo)s to %(hi)s, %(p)s). That part of its figure is not "
            "owed to who chose what: texts, categories or times carry it, or the split leaks."
        ) % facts)  # fmt: skip
    return words.Verdict("better", _(
        "On shuffled interactions the model falls to popularity or below: %(gap)s%(share)s on "
        "%(metric)s (95 %% interval %(lo)s to %(hi)s, %(p)s). What the run has above popularity "
        "it learnt from who chose what."
    ) % facts)  # fmt: skip
