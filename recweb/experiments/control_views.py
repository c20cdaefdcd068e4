"""The doors to a run's shuffled control: a button on its page, and the API."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.experiments import access, control, orders, schemas
from recweb.experiments.api import experiment_json
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.jobs.orders import Quota
from recweb.lib.api import Unprocessable, idempotent, known_params
from recweb.people.models import User


@require_POST
def order(request: HttpRequest, experiment_id: int) -> HttpResponse:
    run = access.find(request, experiment_id)
    try:
        made = control.order(run, access.person(request))
    except (orders.Refused, Quota) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The control is ordered: run %(id)d.") % {"id": made.pk})
    return redirect(f"{reverse('experiment', args=[run.pk])}#control")


@extend_schema(methods=["GET"], operation_id="experiment_control", responses=schemas.CONTROL)
@extend_schema(
    methods=["POST"],
    operation_id="experiment_control_new",
    request=None,
    responses={202: schemas.CONTROL},
)
@api_view(["GET", "POST"])
@idempotent
def api(request: Request, experiment_id: int) -> Response:
    """The run's control: the same model on shuffled interactions; null when none was ordered.
    POST orders it, once; its verdict must not say that it beats popularity."""
    known_params(request, ())
    run = access.find(request._request, experiment_id)
    if request.method == "GET":
        return Response({"control": _json(control.of(run))})
    try:
        made = control.order(run, cast(User, request.user))
    except orders.Refused as refused:
        raise Unprocessable(refused.message, field=refused.field) from None
    return Response({"control": _json(made)}, status=202)


def _json(run: Experiment | None) -> dict[str, Any] | None:
    if run is None:
        return None
    job = Job.objects.select_related("owner").filter(pk=run.job_id or 0).first()
    return experiment_json(run, job)
