"""The list of queues, and the answers side by side."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from recweb.datasets import rows as names
from recweb.labeling import samples, tallies
from recweb.labeling.access import find, person
from recweb.labeling.models import VALUES, Label, Lease, LeaseState, Queue, QueueState, Sample
from recweb.lib.paging import page, query

ORDER = {QueueState.OPEN: 0, QueueState.SELECTING: 1, QueueState.PAUSED: 2}


@require_GET
def queues(request: HttpRequest) -> HttpResponse:
    user = person(request)
    visible = Queue.objects.visible(user).select_related("dataset", "experiment")
    shown = page(request, visible.order_by("-pk"))
    table = tallies.table(list(shown), user)
    table.sort(key=lambda row: (ORDER.get(row["queue"].state, 3), row["waiting"] == 0))
    waits = [row for row in table if row["queue"].state == QueueState.OPEN and row["waiting"]]
    others = tallies.open_samples([row["queue"] for row in table if not row["waiting"]])
    for row in table:
        row["others"] = others.get(row["queue"].pk, 0)
    ctx = {
        "page": shown,
        "table": table,
        "others": sum(others.values()),
        "last": None if waits else tallies.last_done(user),
        "waits": bool(waits),
        "analyst": user.may("analyst"),
    }
    return render(request, "labeling/queues.html", ctx)


@require_GET
def review(request: HttpRequest, queue_id: int) -> HttpResponse:
    """All answers of a sample in one row; where people differ most comes first. ?show=all: also
    samples without any, to mark those whose answer is known."""
    queue = find(request, queue_id)
    counted = Q(labels__closed=None, labels__late=False)
    answered = Label.objects.filter(closed=None).values("sample")
    left = Lease.objects.filter(state=LeaseState.SKIPPED, flagged=True).values("sample")
    everything = request.GET.get("show") == "all"
    rows = Sample.objects.filter(queue=queue)
    if not everything:
        rows = rows.filter(Q(pk__in=answered) | Q(pk__in=left) | Q(gold__isnull=False))
    rows = rows.annotate(
        gap=Coalesce(
            Max("labels__value", filter=counted) - Min("labels__value", filter=counted), 0
        ),
        flags=Count("labels", filter=Q(labels__closed=None, labels__flagged=True), distinct=True)
        + Count(
            "leases",
            filter=Q(leases__state=LeaseState.SKIPPED, leases__flagged=True),
            distinct=True,
        ),
    )
    found = page(request, rows.order_by("-gap", "-flags", "order"))
    ctx = {"queue": queue, "page": found, "table": _answers(queue, list(found)),
           "here": query(request, page=None),
           "values": VALUES, "everything": everything}  # fmt: skip
    return render(request, "labeling/review.html", ctx)


def _answers(queue: Queue, shown: list[Sample]) -> list[dict[str, Any]]:
    items = samples.items_of(queue, shown)
    people = names.user_ids(queue.dataset_id, {sample.user_code for sample in shown})
    given: dict[int, list[Label]] = defaultdict(list)
    labels = Label.objects.filter(sample__in=shown, closed=None).select_related("annotator")
    for label in labels.order_by("created"):
        given[label.sample_id].append(label)
    left: dict[int, list[Lease]] = defaultdict(list)
    skipped = Lease.objects.filter(sample__in=shown, state=LeaseState.SKIPPED, flagged=True)
    for lease in skipped.select_related("annotator").order_by("created"):
        left[lease.sample_id].append(lease)
    return [
        {
            "sample": sample,
            "shown": samples.look(sample, items),
            "user": people.get(sample.user_code, ""),
            "labels": given[sample.pk],
            "skipped": left[sample.pk],
        }
        for sample in shown
    ]
