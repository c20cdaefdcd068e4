"""Tastes carried from one dataset to another through their texts: the order, and what it showed.

The figures stay as a report of the target's version, against the source's: one for each pair.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets import reports
from recweb.datasets.models import Dataset, Import, ImportState, Kind, Report, ReportKind
from recweb.experiments import needs, words
from recweb.experiments.orders import SPLITS, Refused, pin
from recweb.jobs.models import Job
from recweb.lib import charts, numbers
from recweb.lib.figure import Chart
from recweb.people import audit
from training import registry

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from recweb.people.models import User

CARRIED, SHUFFLED, HOME = "transfer", "transfer, shuffled", "in-domain"
SURE = 0.05
METRICS = ("ndcg@10", "recall@10", "recall@20")
USUAL = "cold-item"  # where texts are all that is known of what is ranked


def encoders() -> list[str]:
    """Those that a model of texts may have."""
    rule = registry.model_spec("content_ridge")["params"]["encoder"]
    return [str(name) for name in rule["choices"]]


def sources(target: Dataset, owner: "User") -> list[Dataset]:
    """The reader's other datasets with item texts and a version."""
    mine = Dataset.objects.visible(owner).exclude(pk=target.pk)
    told = Import.objects.filter(kind=Kind.ITEMS, state=ImportState.LOADED).values("dataset")
    return list(mine.filter(pk__in=told, versions__isnull=False).distinct().order_by("name", "pk"))


def order(target: Dataset, source: Dataset, owner: "User", *, encoder: str, split: str) -> Job:
    """The job; one that waits or runs for the same pair is the same one. Raises Refused, Quota."""
    ours, theirs = pin(target, None), pin(source, None)
    if source.pk == target.pk or ours.fingerprint == theirs.fingerprint:
        raise Refused("source", _("These are the same data: nothing would be carried over."))
    if split not in SPLITS:
        known = ", ".join(SPLITS)
        raise Refused("split", _("There is no split “%(split)s”. Known: %(known)s.")
                      % {"split": split[:40], "known": known})  # fmt: skip
    for field, version in (("dataset", ours), ("source", theirs)):
        if not needs.data_of(version).text:
            said = _("“%(name)s” has no item texts, and texts are the way from one to the other: "
                     "add an item file.")  # fmt: skip
            raise Refused(field, said % {"name": version.dataset.name})
    if found := needs.lacking("content_ridge", split, needs.data_of(ours)):
        raise Refused(*found)
    if encoder not in encoders():
        known = ", ".join(encoders())
        raise Refused("encoder", _("There is no encoder “%(name)s”. Known: %(known)s.")
                      % {"name": encoder[:40], "known": known})  # fmt: skip
    if fault := registry.encoder_fault({"encoder": encoder}, get_language() or "en"):
        raise Refused("encoder", fault)
    more = {"encoder": encoder, "split": split}
    job = reports.order(ours, ReportKind.TRANSFER, owner, theirs, **more)
    audit.record(owner, "transfer", target.slug, source=source.slug, job=job.pk, **more)
    return job


def found(target: Dataset, owner: "User") -> "QuerySet[Report]":
    """Reports on the target, newest first, from sources that the reader may see."""
    rows = Report.objects.filter(version__dataset=target, kind=ReportKind.TRANSFER)
    mine = rows.filter(against__dataset__in=Dataset.objects.visible(owner))
    return mine.select_related("version__dataset", "against__dataset").order_by("-created", "-pk")


@dataclass(frozen=True)
class Row:
    name: str
    cells: list[dict[str, Any] | None]  # by METRICS


def names(report: Report) -> dict[str, str]:
    facts = {"source": report.against.dataset.name if report.against else "–"}
    return {
        CARRIED: _("Carried over from %(source)s") % facts,
        SHUFFLED: _("The same, texts of %(source)s dealt out to other items") % facts,
        HOME: _("Learnt from these texts themselves"),
        "pop": _("Popularity"),
        "random": _("Chance"),
    }


def rows(report: Report) -> list[Row]:
    measured = report.figures["rows"]
    return [
        Row(name, [measured[code].get(metric) for metric in METRICS])
        for code, name in names(report).items()
    ]


def chart(report: Report) -> Chart:
    cells = [(row.name, row.cells[0] or {}) for row in rows(report)]
    return charts.bars(
        [(name, cell["mean"]) for name, cell in cells],
        _("nDCG@10 on the validation part, with 95 % intervals over users."),
        words.metric_name(words.HEADLINE),
        _("What ranks"),
        sideways=True,
        errors=[(cell["lo"], cell["hi"]) for _name, cell in cells],
    )


def verdicts(report: Report) -> list[words.Verdict]:
    """The answer first, then against each of the others, paired over the same users."""
    gaps = report.figures["gaps"]
    bases = {
        "pop": _("popularity"),
        "random": _("chance"),
        HOME: _("the same map learnt here"),
    }
    told = []
    for code, base in bases.items():
        cell = gaps[code][words.HEADLINE]
        facts = words.facts_of(cell) | {"model": _("The transfer"), "base": base}
        told.append(words.Verdict(cell["code"], words.VERDICTS[cell["code"]]() % facts))
    dealt = _dealt(report.figures["chance"])
    return [_answer(dealt.code, told[0].code), dealt, *told]


def _dealt(chance: dict[str, Any]) -> words.Verdict:
    """One draw may do well by luck: the transfer has to stand above all of them."""
    code = "better" if chance["p"] <= SURE else "noise"
    if chance["as_good"] == chance["draws"]:
        code = "worse"
    return words.Verdict(code, _(
        "With the source's texts dealt out to other items %(draws)d times, %(as_good)d of them "
        "rank as well on %(metric)s (%(p)s, %(n)s users)."
    ) % {**chance, "metric": words.metric_name(words.HEADLINE), "p": words.p_value(chance["p"]),
         "n": numbers.count(chance["n"])})  # fmt: skip


def _answer(shuffled: str, pop: str) -> words.Verdict:
    if shuffled == "noise":
        return words.Verdict("noise", _(
            "Whether tastes came over through the texts cannot be told here: with the texts dealt "
            "out to other items it does as well by chance too often."
        ))  # fmt: skip
    if shuffled != "better":
        return words.Verdict("worse", _(
            "No taste came over through the texts: whenever they are dealt out to other items the "
            "transfer does as well or better."
        ))  # fmt: skip
    if pop != "better":
        return words.Verdict("noise", _(
            "Something came over through the texts, but popularity ranks this part no worse: "
            "there is nothing to gain here."
        ))  # fmt: skip
    return words.Verdict("better", _(
        "Tastes came over through the texts: the transfer ranks better than popularity, and loses "
        "that with the texts dealt out to other items."
    ))  # fmt: skip
