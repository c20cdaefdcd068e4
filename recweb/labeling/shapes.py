"""Shapes of this app's API: what /api/docs/ shows, and the checks of what comes in."""

import math
import uuid
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers as s
from rest_framework.request import Request

from recweb.datasets.schemas import body
from recweb.jobs.api import JOB
from recweb.labeling import answers, claims, orders
from recweb.labeling.models import VALUES, QueueState
from recweb.lib.api import ApiError, Unprocessable

LONGEST = 86_400.0  # seconds on one sample

PROGRESS = inline_serializer(
    "QueueProgress",
    {
        name: s.IntegerField()
        for name in ("mine", "mine_today", "late", "skipped", "waiting", "answered", "wanted")
    },
)


def _queue_fields() -> dict[str, Any]:
    return {
        "id": s.IntegerField(),
        "name": s.CharField(),
        "dataset": s.CharField(),
        "experiment": s.IntegerField(),
        "kind": s.CharField(),
        "strategy": s.CharField(),
        "size": s.IntegerField(),
        "overlap": s.IntegerField(help_text="distinct people who answer each sample"),
        "gold_share": s.FloatField(help_text="of what an annotator gets, known answers"),
        "golds": s.IntegerField(help_text="samples with a known answer"),
        "guideline": s.CharField(),
        "state": s.ChoiceField(QueueState.choices),
        "waiting": s.IntegerField(help_text="samples that you could answer"),
        "mine_today": s.IntegerField(),
        "answered": s.IntegerField(),
        "wanted": s.IntegerField(help_text="answers when it is done"),
        "job": s.IntegerField(allow_null=True),
        "created": s.DateTimeField(),
    }


QUEUE = inline_serializer("LabelQueue", _queue_fields())
QUEUES = inline_serializer(
    "LabelQueuePage",
    {
        "count": s.IntegerField(),
        "next": s.URLField(allow_null=True),
        "previous": s.URLField(allow_null=True),
        "results": s.ListField(child=inline_serializer("LabelQueueRow", _queue_fields())),
    },
)
MADE = inline_serializer(
    "LabelQueueMade",
    {"job": JOB, "queue": inline_serializer("LabelQueueNew", _queue_fields())},
)
NEW = inline_serializer(
    "NewLabelQueue",
    {
        "experiment": s.IntegerField(help_text="a run that is done"),
        "name": s.CharField(required=False),
        "size": s.IntegerField(required=False, default=200),
        "overlap": s.IntegerField(required=False, default=1),
        "gold_share": s.FloatField(required=False, default=orders.GOLD, help_text="0 to 0.5"),
        "guideline": s.CharField(required=False),
        "seed": s.IntegerField(required=False, default=0),
    },
)
COUNT = inline_serializer(
    "Count", {"count": s.IntegerField(required=False, default=1, help_text="1 to 10")}
)


def _item_fields() -> dict[str, Any]:
    return {
        "item": s.CharField(),
        "title": s.CharField(),
        "topics": s.ListField(child=s.CharField()),
        "year": s.IntegerField(allow_null=True),
    }


def _assignment_fields(name: str) -> dict[str, Any]:
    past = {
        **_item_fields(),
        "at": s.DateTimeField(allow_null=True),
        "value": s.FloatField(allow_null=True, help_text="its stars, where the log has any"),
    }
    return {
        "lease": s.UUIDField(),
        "until": s.DateTimeField(),
        "sample": s.IntegerField(),
        "item": inline_serializer(f"{name}Item", {**_item_fields(), "text": s.CharField()}),
        "history": s.ListField(child=inline_serializer(f"{name}Past", past)),
    }


ASSIGNMENTS = inline_serializer(
    "Assignments",
    {
        **_assignment_fields("First"),
        "assignments": s.ListField(
            child=inline_serializer("Assignment", _assignment_fields("Assignment"))
        ),
    },
)
ANSWER = inline_serializer(
    "Answer",
    {
        "lease": s.UUIDField(),
        "value": s.IntegerField(help_text="0 not, 1 slightly, 2 clearly, 3 perfect"),
        "seconds": s.FloatField(required=False),
        "note": s.CharField(required=False),
        "flagged": s.BooleanField(required=False),
    },
)
CHANGE = inline_serializer(
    "AnswerChange",
    {
        "value": s.IntegerField(),
        "seconds": s.FloatField(required=False),
        "note": s.CharField(required=False),
        "flagged": s.BooleanField(required=False),
    },
)
SKIP = inline_serializer(
    "Skip",
    {
        "lease": s.UUIDField(),
        "note": s.CharField(required=False),
        "flagged": s.BooleanField(required=False),
    },
)
LABEL = inline_serializer(
    "Label",
    {
        "id": s.IntegerField(),
        "sample": s.IntegerField(),
        "value": s.IntegerField(),
        "late": s.BooleanField(help_text="the lease was gone: kept as an extra, not counted"),
        "message": s.CharField(),
        "created": s.DateTimeField(),
    },
)
SKIPPED = inline_serializer("Skipped", {"sample": s.IntegerField(), "skipped": s.BooleanField()})
UNDONE = inline_serializer(
    "Undone",
    {
        "sample": s.IntegerField(),
        "value": s.IntegerField(allow_null=True, help_text="what had been answered"),
        "lease": s.UUIDField(allow_null=True, help_text="the sample is yours again"),
    },
)
RENEWED = inline_serializer("Renewed", {"held": s.ListField(child=s.UUIDField())})
STATE = inline_serializer("QueueState", {"state": s.ChoiceField(["open", "paused", "closed"])})
GOLD = inline_serializer(
    "KnownAnswer",
    {"value": s.IntegerField(allow_null=True, help_text="0 to 3; null: no longer known")},
)
GOLDEN = inline_serializer(
    "KnownSample",
    {"sample": s.IntegerField(), "gold": s.IntegerField(allow_null=True)},
)
PEOPLE = inline_serializer(
    "AnnotatorRow",
    {
        "annotator": s.CharField(),
        "known": s.IntegerField(help_text="samples with a known answer that they answered"),
        "exact": s.FloatField(allow_null=True),
        "wanted": s.FloatField(allow_null=True, help_text="right about wanted or not"),
        "lo": s.FloatField(allow_null=True),
        "hi": s.FloatField(allow_null=True),
        "kappa": s.FloatField(allow_null=True),
        "answers": s.IntegerField(),
        "signs": s.ListField(child=s.CharField(), help_text="chance, fast, always"),
    },
)
AGREEMENT = inline_serializer(
    "QueueQuality",
    {
        "agreement": s.DictField(
            allow_null=True, help_text="pairs, samples, equal, alpha with lo and hi, fleiss ..."
        ),
        "people": s.ListField(child=PEOPLE),
    },
)
SHADOW = inline_serializer(
    "Shadow",
    {
        "id": s.IntegerField(),
        "state": s.CharField(),
        "labels": s.IntegerField(allow_null=True, help_text="that trained each of the two"),
        "metrics": s.DictField(help_text="chosen minus random, paired by user"),
        "measure": s.DictField(allow_null=True, help_text="on random answers of nobody's training"),
        "message": s.CharField(),
    },
)
SHADOWS = inline_serializer("ShadowMade", {"job": JOB, "shadow": s.IntegerField()})
PRELABELS = inline_serializer("PreLabelsOrdered", {"job": JOB})
RETRAINED = inline_serializer("Retrained", {"job": JOB, "experiment": s.IntegerField()})


def whole(given: dict[str, Any], name: str, default: int | None = None) -> int:
    value = given.get(name, default)
    if value is None or isinstance(value, bool) or not isinstance(value, int):
        words = _("“%(name)s” must be a whole number.") % {"name": name}
        raise Unprocessable(words, field=name)
    if not -(2**62) < value < 2**62:
        raise Unprocessable(_("“%(name)s” is too large.") % {"name": name}, field=name)
    return value


def share(given: dict[str, Any]) -> float:
    value = given.get("gold_share", orders.GOLD)
    if not _finite(value):
        raise Unprocessable(_("“gold_share” must be a number."), field="gold_share")
    return float(value)


def text(given: dict[str, Any], name: str, most: int) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        words = _("“%(name)s” must be text of at most %(n)d characters.")
        raise Unprocessable(words % {"name": name, "n": most}, field=name)
    return value


def flag(given: dict[str, Any]) -> bool:
    value = given.get("flagged", False)
    if not isinstance(value, bool):
        raise Unprocessable(_("“flagged” must be true or false."), field="flagged")
    return value


def lease(given: dict[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(str(given.get("lease")))
    except ValueError:
        words = _("“lease” must be the token that /next/ gave.")
        raise ApiError(400, "malformed", words, field="lease") from None


def answer(given: dict[str, Any]) -> answers.Given:
    value = whole(given, "value")
    if value not in VALUES:
        words = _("“value” must be 0 (not), 1 (slightly), 2 (clearly) or 3 (perfect).")
        raise Unprocessable(words, field="value")
    return answers.Given(
        value, seconds(given.get("seconds")), text(given, "note", answers.NOTE), flag(given)
    )


def seconds(value: Any) -> float | None:
    if value is None:
        return None
    if not _finite(value) or value < 0:
        raise Unprocessable(_("“seconds” must be a number from 0."), field="seconds")
    return min(float(value), LONGEST)


def count(request: Request) -> int:
    given = body(request, {"count"}) if request.data else {}
    value = whole(given, "count", 1)
    if not 1 <= value <= claims.MOST:
        words = _("“count” must lie between 1 and %(most)d.") % {"most": claims.MOST}
        raise Unprocessable(words, field="count")
    return value


def new_queue(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": text(given, "name", 120),
        "size": whole(given, "size", 200),
        "overlap": whole(given, "overlap", 1),
        "gold_share": share(given),
        "guideline": text(given, "guideline", orders.GUIDELINE),
        "seed": whole(given, "seed", 0),
    }


def _finite(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)
