"""POST of a mark on a user's page: answers with the buttons as they are now, or with the page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recweb.datasets import rows
from recweb.datasets.access import find
from recweb.datasets.models import Item, Person
from recweb.experiments.comparison import group
from recweb.experiments.models import Experiment
from recweb.jobs.models import State
from recweb.labeling import marks
from recweb.labeling.access import person
from recweb.labeling.claims import NotOpen
from recweb.labeling.orders import Refused
from recweb.labeling.samples import SHOWN
from recweb.tuning import shelf


@require_POST
def mark(request: HttpRequest, slug: str, outside_id: str) -> HttpResponse:
    """run=, item= (its outside id), mark=good|bad|odd|none."""
    dataset, user = find(request, slug), person(request)
    whom = get_object_or_404(Person, dataset=dataset, outside_id=rows.clean(outside_id))
    item_id, given = rows.clean(request.POST.get("item", "")), request.POST.get("mark", "")
    item = Item.objects.filter(dataset=dataset, outside_id=item_id).first()
    run = _run(request, dataset.pk)
    if item is None or run is None:
        messages.error(request, _("There is no such item or run here. Nothing was changed."))
        page = redirect("user", dataset.slug, whom.outside_id)
        if request.headers.get("HX-Request"):  # else the page would stand within its own chips
            return HttpResponse(status=204, headers={"HX-Redirect": page.url})
        return page
    try:
        known = context(run, whom.code) if given == marks.ODD else None
        marks.mark(run, user, (whom.code, item.code), given, known)
        said, wrong = _said(given), False
    except (Refused, NotOpen) as error:
        said, wrong = error.message, True
    if not request.headers.get("HX-Request"):
        (messages.error if wrong else messages.success)(request, said)
        return redirect("user", dataset.slug, whom.outside_id)
    ctx: dict[str, Any] = {
        "dataset": dataset, "user_id": whom.outside_id, "run_id": run.pk, "code": item.code,
        "item_id": item.outside_id, "said": said, "wrong": wrong,
        "mark": marks.of(dataset.pk, whom.code, user.pk).get(item.code, ""),
    }  # fmt: skip
    status = 422 if wrong else 200
    return render(request, "labeling/_marks.html", ctx, status=status)


def _run(request: HttpRequest, dataset_id: int) -> Experiment | None:
    asked = request.POST.get("run", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    known = Experiment.objects.visible(person(request)).table()
    return known.filter(dataset=dataset_id, state=State.DONE, pk=number).first()


def _said(given: str) -> str:
    return {
        "good": _("Kept as your answer: 3, just the right thing."),
        "bad": _("Kept as your answer: 0, not at all."),
        "odd": _("The annotators will be asked."),
    }.get(given, _("Taken back."))


def context(run: Experiment, user: int) -> marks.Context | None:
    """What the model that will learn from the answers knew of the user, newest first: that of the
    queue, or one cut from the log just as it was. None where this cannot be told from what was
    held out: annotators must not see that."""
    parent = marks.parent(run)
    for one in [parent, run] if group(run) == group(parent) else [parent]:
        try:
            found = shelf.shelf(one)
        except shelf.Missing:
            continue
        if found.knows_past(user):
            newest = found.history(run.dataset_id, user)[::-1][:SHOWN]
            return [[int(code), None, None] for code in newest]
    return None
