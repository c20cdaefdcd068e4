"""/api/v1/experiments/<id>/curves/: what a training noted epoch by epoch, while it goes on too."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.experiments import access, curves
from recweb.jobs.models import LIVE, Job
from recweb.lib.api import known_params

CURVES = inline_serializer(
    "ExperimentCurves",
    {
        "experiment": s.IntegerField(),
        "live": s.BooleanField(help_text="the training goes on: ask again"),
        "at_once": s.BooleanField(help_text="the model is solved in one step: there is no curve"),
        "points": s.ListField(
            child=s.DictField(), help_text='[{"epoch": 1, "loss": 0.7, "ndcg@10": 0.05}, ...]'
        ),
        "unreadable": s.IntegerField(help_text="lines of the file that could not be read"),
    },
)


@extend_schema(operation_id="experiment_curves", responses=CURVES)
@api_view(["GET"])
def read(request: Request, experiment_id: int) -> Response:
    """Loss and validation metrics by epoch; empty for models that are solved in one step."""
    known_params(request, ())
    run = access.find(request._request, experiment_id)
    curve = curves.of(run, Job.objects.filter(pk=run.job_id or 0).first())
    return Response(
        {
            "experiment": run.pk,
            "live": run.state in LIVE,
            "at_once": curves.solved_at_once(run.model),
            "points": curve.points,
            "unreadable": curve.lost,
        }
    )
