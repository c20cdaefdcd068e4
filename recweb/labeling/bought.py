"""What did these labels buy? Each retrain against its parent, in words, figures and a chart."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _

from recweb.experiments.models import Experiment
from recweb.experiments.words import metric_name
from recweb.jobs.models import LIVE, Job, State
from recweb.labeling.models import Queue
from recweb.lib import charts, numbers
from recweb.lib.figure import Chart

METRICS = ("ndcg@10", "recall@10")


def retrains(queue: Queue) -> list[dict[str, Any]]:
    """Runs that learnt from this queue, oldest first, with what each metric moved."""
    runs = Experiment.objects.filter(labels_from=queue.pk, parent=queue.experiment)
    return [_row(run) for run in runs.order_by("pk")]


def _row(run: Experiment) -> dict[str, Any]:
    facts = run.labels_facts
    found = facts.get("metrics", {})
    pairs = run.label_pairs
    moved = [{"metric": name, **found[name], "words": words(found[name])}
             for name in METRICS if name in found]  # fmt: skip
    return {
        "run": run,
        "job": Job.objects.filter(pk=run.job_id or 0).first() if run.state in LIVE else None,
        "live": run.state in LIVE,
        "failed": run.state in (State.FAILED, State.CANCELLED),
        "n": facts.get("n", len(pairs)),
        "relevant": facts.get("n_relevant", sum(pair[2] >= 2 for pair in pairs)),
        "arms": {"uncertain": 0, "random": 0}
        | (facts.get("by_arm") or Counter(pair[3] for pair in pairs)),
        "n_users": facts.get("n_users"),
        "moved": moved,
        "code": moved[0]["code"] if moved else "",
    }


def words(cell: dict[str, Any]) -> str:
    """The verdict of one paired difference. Within noise it says what could not have been seen."""
    if cell.get("difference") is None:
        return _("There is nothing to compare.")
    facts = {"gap": numbers.signed(cell["difference"]), "p": p_words(cell.get("p"))}
    if cell["code"] == "better":
        return _("Better by %(gap)s (%(p)s).") % facts
    if cell["code"] == "worse":
        return _("Worse by %(gap)s (%(p)s).") % facts
    half = ((cell["hi"] or 0) - (cell["lo"] or 0)) / 2
    return _("Cannot tell yet: gaps under %(half)s are invisible (%(p)s).") % {
        **facts,
        "half": numbers.sig3(half),
    }


def p_words(value: float | None) -> str:
    if value is None:
        return "p –"
    return "p < 0.001" if value < 0.001 else f"p = {numbers.sig3(value)}"


def curve(rows: list[dict[str, Any]]) -> Chart | None:
    """Difference to the parent over the number of labels; one line a metric, with its interval.
    None below two retrains: one point shows no course, and the table above it says it all."""
    done = sorted((row for row in rows if row["moved"]), key=lambda row: row["n"])
    if len(done) < 2:
        return None
    series = {
        name: [
            (row["n"], cell["difference"])
            for row in done
            for cell in row["moved"]
            if cell["metric"] == name and cell["difference"] is not None
        ]
        for name in METRICS
    }
    caption = _("What each retrain moved against its parent, over the labels it learnt from")
    drawn = {name: points for name, points in series.items() if points}
    shown = {metric_name(name): points for name, points in drawn.items()}
    chart = charts.line(shown, caption, _("labels"), _("difference to the parent"), markers=True)
    chart["figure"]["layout"]["yaxis"]["exponentformat"] = "none"  # -0.0005, never -500µ
    chart["table"]["header"] += ["lo", "hi"]
    chart["table"]["rows"] = []
    for trace, name in zip(chart["figure"]["data"], drawn, strict=True):
        _whiskers(chart, trace, name, done)
    return chart


def _whiskers(chart: Chart, trace: dict[str, Any], name: str, done: list[dict[str, Any]]) -> None:
    """The intervals, on the points and in the table beside the figure."""
    cells = [
        (row["n"], cell)
        for row in done
        for cell in row["moved"]
        if cell["metric"] == name and cell["difference"] is not None
    ]
    trace["error_y"] = {
        "type": "data",
        "symmetric": False,
        "array": [cell["hi"] - cell["difference"] for _n, cell in cells],
        "arrayminus": [cell["difference"] - cell["lo"] for _n, cell in cells],
    }
    chart["table"]["rows"] += [
        [metric_name(name), n, cell["difference"], cell["lo"], cell["hi"]] for n, cell in cells
    ]
