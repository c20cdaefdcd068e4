"""Shapes of this app's API, as /api/docs/ shows them."""

import copy
from typing import Any

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers as s

from recweb.experiments.schemas import RUN
from recweb.jobs.api import JOB
from recweb.jobs.models import State
from recweb.studies.models import TrialState
from recweb.studies.objectives import CODES

_TRIAL: dict[str, Any] = {
    "id": s.IntegerField(),
    "model": s.CharField(),
    "number": s.IntegerField(help_text="within its model, from 0: the usual settings"),
    "state": s.ChoiceField(TrialState.choices),
    "params": s.DictField(help_text="the settings that are looked for"),
    "values": s.DictField(help_text="measure -> mean on validation; never on test"),
    "steps": s.DictField(help_text="epoch -> ndcg@10 on the way, of models that learn by epochs"),
    "seconds": s.FloatField(allow_null=True),
    "cpu_seconds": s.FloatField(allow_null=True),
    "peak_mb": s.FloatField(allow_null=True),
    "non_dominated": s.BooleanField(help_text="no other trial beats it in every objective"),
    "error": s.CharField(),
    "experiment": s.IntegerField(allow_null=True, help_text="the run trained with it"),
}
TRIAL = inline_serializer("StudyTrial", _TRIAL)
_STUDY: dict[str, Any] = {
    "id": s.IntegerField(),
    "name": s.CharField(),
    "dataset": s.CharField(help_text="slug"),
    "version": s.IntegerField(),
    "models": s.ListField(child=s.CharField()),
    "trials": s.IntegerField(help_text="of each model: the same for all"),
    "budget": s.IntegerField(help_text="trials of all models together"),
    "ended": s.IntegerField(help_text="trials that have ended"),
    "objectives": s.ListField(child=s.ChoiceField(CODES)),
    "split": s.CharField(),
    "split_facts": s.DictField(),
    "seed": s.IntegerField(),
    "minutes": s.IntegerField(allow_null=True),
    "workers": s.IntegerField(),
    "space": s.DictField(help_text="model -> parameter -> rule with the range that is looked in"),
    "importances": s.DictField(help_text="model -> parameter -> share of what nDCG@10 varied by"),
    "best": copy.deepcopy(TRIAL),
    "state": s.ChoiceField(State.choices, help_text="cancelled: paused, and may be resumed"),
    "stale": s.BooleanField(help_text="a user was erased from its data since"),
    "owner": s.CharField(),
    "created": s.DateTimeField(),
    "started": s.DateTimeField(allow_null=True),
    "finished": s.DateTimeField(allow_null=True),
    "job": copy.deepcopy(JOB),
}
STUDY = inline_serializer("Study", _STUDY)


def _page(name: str, row: Any) -> Any:
    return inline_serializer(
        name,
        {
            "count": s.IntegerField(),
            "next": s.URLField(allow_null=True),
            "previous": s.URLField(allow_null=True),
            "results": s.ListField(child=row),
        },
    )


STUDIES = _page("StudyPage", copy.deepcopy(STUDY))
TRIALS = _page("StudyTrialPage", copy.deepcopy(TRIAL))
NEW = inline_serializer(
    "StudyNew",
    {
        "dataset": s.CharField(help_text="slug"),
        "models": s.ListField(child=s.CharField(), help_text="of /models/"),
        "trials": s.IntegerField(required=False, help_text="of each model, default 20"),
        "objectives": s.ListField(
            child=s.ChoiceField(CODES), required=False, help_text="relevance is always one"
        ),
        "version": s.IntegerField(required=False, help_text="default: the newest"),
        "split": s.CharField(required=False, help_text="default: auto"),
        "seed": s.IntegerField(required=False),
        "minutes": s.IntegerField(required=False, help_text="of fitting, all trials together"),
        "workers": s.IntegerField(required=False),
        "name": s.CharField(required=False),
    },
)
TRAIN = inline_serializer(
    "StudyTrain", {"trial": s.IntegerField(required=False, help_text="default: the best")}
)
ORDERED = inline_serializer("StudyOrdered", {"job": copy.deepcopy(JOB)})
TRAINED = copy.deepcopy(RUN)
PARAMETERS = [
    OpenApiParameter("dataset", str, description="slug"),
    OpenApiParameter("state", str, enum=["live", *State.values]),
    OpenApiParameter("page", int),
]
TRIAL_PARAMETERS = [
    OpenApiParameter("model", str),
    OpenApiParameter("state", str, enum=TrialState.values),
    OpenApiParameter("sort", str, description="a column of the page's table; -x is descending"),
    OpenApiParameter("page", int),
]
