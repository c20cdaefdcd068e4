"""Shapes of this app's API, as /api/docs/ shows them."""

import copy
from typing import Any

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers as s

from recweb.experiments.models import Role
from recweb.jobs.api import JOB
from recweb.jobs.models import State

CELL = {
    "mean": s.FloatField(allow_null=True),
    "lo": s.FloatField(allow_null=True),
    "hi": s.FloatField(allow_null=True),
    "n": s.IntegerField(),
}
_RUN: dict[str, Any] = {
    "id": s.IntegerField(),
    "name": s.CharField(),
    "dataset": s.CharField(help_text="slug"),
    "version": s.IntegerField(),
    "model": s.CharField(),
    "params": s.DictField(),
    "split": s.CharField(),
    "split_facts": s.DictField(help_text="name, leak, reason, sizes, distance"),
    "rules": s.ListField(child=s.DictField()),
    "seed": s.IntegerField(),
    "role": s.ChoiceField(Role.choices, help_text="control: its parent, on shuffled interactions"),
    "state": s.ChoiceField(State.choices),
    "stale": s.BooleanField(help_text="a user was erased from its data since"),
    "metrics": s.DictField(help_text="as /metrics/ gives them; {} until it is done"),
    "verdict": s.DictField(help_text="against popularity on the same split, by metric"),
    "parent": s.IntegerField(allow_null=True),
    "labels_from": s.IntegerField(allow_null=True),
    "labels": s.DictField(help_text="what the labels bought, of a child"),
    "resources": s.DictField(),
    "config": s.DictField(),
    "baseline": s.BooleanField(),
    "tags": s.ListField(child=s.CharField()),
    "owner": s.CharField(),
    "created": s.DateTimeField(),
    "started": s.DateTimeField(allow_null=True),
    "finished": s.DateTimeField(allow_null=True),
    "finalised": s.DateTimeField(allow_null=True),
    "job": JOB,
}
RUN = inline_serializer("Experiment", _RUN)
RUNS = inline_serializer(
    "ExperimentPage",
    {
        "count": s.IntegerField(),
        "next": s.URLField(allow_null=True),
        "previous": s.URLField(allow_null=True),
        "results": s.ListField(child=RUN),
    },
)
NEW = inline_serializer(
    "ExperimentNew",
    {
        "dataset": s.CharField(help_text="slug"),
        "model": s.CharField(help_text="one of /models/"),
        "version": s.IntegerField(required=False, help_text="default: the newest"),
        "params": s.DictField(required=False),
        "split": s.CharField(required=False, help_text="default: auto"),
        "rules": s.ListField(child=s.DictField(), required=False),
        "seed": s.IntegerField(required=False),
        "parent": s.IntegerField(required=False, help_text="a run of the same dataset"),
        "labels_from": s.IntegerField(required=False, help_text="a labelling queue"),
        "name": s.CharField(required=False),
    },
)
METRICS = inline_serializer(
    "ExperimentMetrics",
    {
        "validation": s.DictField(help_text='{"ndcg@10": {"mean", "lo", "hi", "n"}, ...}'),
        "test": s.DictField(required=False, help_text="only when finalised"),
        "segment": s.CharField(required=False),
        "paired": s.DictField(required=False, help_text="with ?against="),
    },
)
CONTROL = inline_serializer(
    "ExperimentControl", {"control": inline_serializer("ControlRun", copy.deepcopy(_RUN))}
)
REGISTRY = inline_serializer(
    "Registry",
    {
        "count": s.IntegerField(),
        "next": s.URLField(allow_null=True),
        "previous": s.URLField(allow_null=True),
        "results": s.ListField(child=s.DictField()),
    },
)
ORDERED = inline_serializer("ComparisonOrdered", {"job": copy.deepcopy(JOB)})
FILTERS = ("dataset", "model", "state", "split", "tag")
PARAMETERS = [
    OpenApiParameter("dataset", str, description="slug"),
    OpenApiParameter("model", str),
    OpenApiParameter("state", str, enum=["live", *State.values]),
    OpenApiParameter("split", str),
    OpenApiParameter("tag", str),
    OpenApiParameter("page", int),
]
SEGMENT = OpenApiParameter("segment", str, description="new, light, heavy, head or tail")
AGAINST = OpenApiParameter(
    "against", int, description="another run: adds the paired difference on common users"
)
