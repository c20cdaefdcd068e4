"""/label/<queue>/: one sample in focus, two more in the page behind it. Works without script."""

import math
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from recweb.labeling import answers, claims, samples, tallies
from recweb.labeling.access import find, person
from recweb.labeling.models import CHOICES, VALUES, Label, Queue
from recweb.people.models import User

AHEAD, PAST = 3, 10


@require_GET
def label(request: HttpRequest, queue_id: int) -> HttpResponse:
    queue, user = find(request, queue_id), person(request)
    ctx = _frame(queue, user)
    try:
        ctx["ahead"] = samples.shown(queue, claims.take(queue, user, AHEAD))
    except claims.NotOpen as error:
        ctx["closed"] = error.message
    return render(request, "labeling/label.html", ctx)


def _frame(queue: Queue, user: User) -> dict[str, Any]:
    return {
        "queue": queue,
        "dataset": queue.dataset,
        "choices": CHOICES,
        "progress": tallies.progress(queue, user),
        "past": _past(queue, user),
        "ahead": [],
    }


def _past(queue: Queue, user: User) -> list[samples.Shown]:
    """The last ten answers of this person, newest first."""
    mine = Label.objects.filter(sample__queue=queue, annotator=user, closed=None)
    labels = list(mine.select_related("sample").order_by("-created", "-pk")[:PAST])
    items = samples.items_of(queue, [row.sample for row in labels])
    return [samples.look(row.sample, items, value=row.value) for row in labels]


@require_POST
def more(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Samples in hand as HTML, up to ?count=; the page keeps those that it has not shown yet."""
    queue = find(request, queue_id)
    count = request.POST.get("count", "")
    wanted = min(int(count), claims.MOST) if count.isascii() and count.isdigit() else AHEAD
    try:
        held = claims.take(queue, person(request), max(wanted, 1))
    except claims.NotOpen as error:
        return HttpResponse(error.message, status=409, content_type="text/plain; charset=utf-8")
    return render(request, "labeling/_samples.html", {"ahead": samples.shown(queue, held)})


@require_GET
def past(request: HttpRequest, queue_id: int, sample_id: int) -> HttpResponse:
    """One's own answered sample, to change the answer. ?part=1: the sample alone, as HTML."""
    queue, user = find(request, queue_id), person(request)
    get_object_or_404(queue.samples.only("pk"), pk=sample_id)
    given = _given(queue, user, sample_id)
    if given is None:  # not answered, or taken back
        return redirect("label", queue.pk)
    found = samples.look(
        given.sample,
        samples.items_of(queue, [given.sample]),
        value=given.value,
        note=given.note,
        flagged=given.flagged,
    )
    if request.GET.get("part"):
        return render(request, "labeling/_samples.html", {"ahead": [found]})
    return render(
        request, "labeling/label.html", {**_frame(queue, user), "ahead": [found], "looking": found}
    )


def _given(queue: Queue, user: User, sample_id: int) -> Label | None:
    mine = Label.objects.filter(sample=sample_id, sample__queue=queue, annotator=user, closed=None)
    return mine.select_related("sample").order_by("late", "-pk").first()


@require_POST
def answer(request: HttpRequest, queue_id: int) -> HttpResponse:
    """The form without script: answer, skip, undo or change, then the next sample."""
    queue, user = find(request, queue_id), person(request)
    try:
        _do(request, queue, user)
    except (answers.Clash, claims.NotOpen) as error:
        messages.warning(request, error.message)
    except answers.Unknown:
        messages.warning(request, _("There is nothing to do that to. Nothing was changed."))
    except ValueError:
        words = _("Choose one of the four answers, 0 to 3. Nothing was changed.")
        messages.error(request, words)
    return redirect("label", queue.pk)


def _do(request: HttpRequest, queue: Queue, user: User) -> None:
    sent, deed = request.POST, request.POST.get("do", "")
    if deed == "undo":
        answers.undo(queue, user)
        return
    sample = get_object_or_404(queue.samples.only("pk"), pk=int(sent.get("sample", "")))
    note = sent.get("note", "")[: answers.NOTE].replace("\0", "")
    flagged = "flagged" in sent
    if deed == "skip":
        answers.skip(sample.pk, uuid.UUID(sent.get("lease", "")), user, note, flagged)
        return
    value = int(sent.get("value", ""))
    if value not in VALUES:
        raise ValueError(value)
    given = answers.Given(value, _seconds(sent.get("seconds", "")), note, flagged)
    if not sent.get("lease"):
        answers.change(sample.pk, user, given)
        return
    made = answers.answer(sample.pk, uuid.UUID(sent["lease"]), user, given)
    if made.late:
        words = _("Somebody else finished this sample; your answer was kept as an extra.")
        messages.info(request, words)


def _seconds(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and 0 <= found <= 86_400 else None
