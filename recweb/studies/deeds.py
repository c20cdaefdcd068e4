"""Pause a study, go on with it, train what it found: each a POST that leads to a page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recweb.experiments.access import BIG, numbers, person
from recweb.jobs.orders import Quota
from recweb.studies import access, orders
from recweb.studies.models import Study, Trial


@require_POST
def pause(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.find(request, study_id)
    try:
        orders.pause(study)
    except orders.Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The study pauses; every trial that has ended is kept."))
    return redirect("study", study.pk)


@require_POST
def resume(request: HttpRequest, study_id: int) -> HttpResponse:
    study = access.find(request, study_id)
    try:
        orders.resume(study, person(request))
    except (orders.Refused, Quota) as refused:
        messages.error(request, refused.message)
    return redirect("study", study.pk)


@require_POST
def train(request: HttpRequest, study_id: int) -> HttpResponse:
    """The trial that was named, else the best."""
    study = access.find(request, study_id)
    trial = _trial(study, request.POST.get("trial", ""))
    if trial is None:
        messages.error(request, _("No trial has come to its end yet."))
        return redirect("study", study.pk)
    try:
        made = orders.train(study, trial, person(request))
    except (orders.Refused, Quota) as refused:
        messages.error(request, refused.message)
        return redirect("study", study.pk)
    return redirect("experiment", made.pk)


def _trial(study: Study, asked: str) -> Trial | None:
    if not asked:
        return orders.best(study)
    pk = next((one for one in numbers([asked]) if one < BIG), 0)
    return get_object_or_404(Trial, study=study, pk=pk)
