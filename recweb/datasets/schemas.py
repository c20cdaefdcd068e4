"""Shapes of this app's API: what /api/docs/ shows, and the checks of what comes in."""

import copy
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers as s
from rest_framework.request import Request

from recweb.datasets import tasks
from recweb.datasets.models import Dataset, ImportState, Kind, Quarantined, Version
from recweb.jobs.api import JOB
from recweb.lib import parsers
from recweb.lib.api import ApiError, Unprocessable, known_params
from recweb.people.models import User

ANY = OpenApiTypes.OBJECT
VERSION = OpenApiParameter("version", int, description="a version's number; default the newest")
CONFIDENCES = ("one", "value", "log", "one+value")


def _page(name: str, row: Any) -> Any:
    row = copy.deepcopy(row)  # a field may stand in one place only
    return inline_serializer(
        f"{name}Page",
        {
            "count": s.IntegerField(),
            "next": s.URLField(allow_null=True),
            "previous": s.URLField(allow_null=True),
            "results": s.ListField(child=row),
        },
    )


VERSION_ROW = inline_serializer(
    "DatasetVersion",
    {
        "number": s.IntegerField(),
        "fingerprint": s.CharField(help_text="SHA-256 over content, not order"),
        "interactions": s.IntegerField(),
        "users": s.IntegerField(),
        "items": s.IntegerField(),
        "density": s.FloatField(help_text="different pairs of user and item of all pairs"),
        "erased": s.DictField(
            allow_null=True,
            help_text="users and events erased since it was made, and what it has left (null: not "
            "counted); the figures above are those of its making",
        ),
        "created": s.DateTimeField(),
    },
)
VERSIONS = _page("DatasetVersion", VERSION_ROW)
_DATASET: dict[str, Any] = {
    "slug": s.CharField(),
    "name": s.CharField(),
    "source": s.CharField(),
    "repeats_wanted": s.BooleanField(),
    "rules": s.ListField(child=s.DictField()),
    "created": s.DateTimeField(),
    "version": copy.deepcopy(VERSION_ROW),
}
DATASET = inline_serializer("Dataset", copy.deepcopy(_DATASET))
DATASETS = _page("Dataset", DATASET)
DATASET_WHOLE = inline_serializer(
    "DatasetWhole",
    {
        **copy.deepcopy(_DATASET),
        "versions": s.ListField(child=copy.deepcopy(VERSION_ROW)),
        "members": s.ListField(child=s.CharField()),
    },
)
NEW = inline_serializer(
    "DatasetNew",
    {
        "name": s.CharField(max_length=120),
        "slug": s.CharField(required=False, max_length=60),
        "source": s.CharField(required=False, max_length=200),
        "repeats_wanted": s.BooleanField(required=False),
        "members": s.ListField(child=s.CharField(), required=False, help_text="user names"),
    },
)
CONFIRM = inline_serializer("DatasetDelete", {"confirm": s.CharField(help_text="the slug")})
DECISION = inline_serializer("Decision", {"decision": s.ChoiceField(["accept", "discard"])})
UPLOAD = inline_serializer(
    "Upload",
    {
        "file": s.FileField(required=False),
        "upload": s.UUIDField(required=False, help_text="what came in parts, in place of file"),
        "kind": s.ChoiceField([Kind.INTERACTIONS, Kind.ITEMS, Kind.USERS, Kind.TRIPLES]),
        "template": s.CharField(required=False, help_text="name of a mapping that was kept"),
        "mapping": s.JSONField(required=False, help_text='{"user": "column", ...}; else guessed'),
        "rules": s.JSONField(required=False, help_text="which events are positives"),
        "options": s.JSONField(
            required=False,
            help_text="encoding, delimiter, zone, day_first, anonymous (true: no column of users, "
            "or of ids in a catalogue), header (false: the first line is a row), format (events, "
            "sequences or counted), event (of every row, where no column says it), "
            "events ({name in the file: name to use}; others are put aside), decimal (. or ,), "
            "scale ([least, largest] value), cap (true: a value above it counts as the largest), "
            "keep_damaged_ids (true: 1E5, #N/A and NULL are ids), "
            "industry (a ready-made template of rules)",
        ),
    },
)
IMPORT = inline_serializer(
    "Import",
    {
        "id": s.IntegerField(),
        "kind": s.CharField(),
        "state": s.ChoiceField(ImportState.choices),
        "file_name": s.CharField(),
        "sha256": s.CharField(),
        "size": s.IntegerField(),
        "mapping": s.DictField(),
        "mends": s.IntegerField(allow_null=True, help_text="the import whose bad rows these are"),
        "rows_in": s.IntegerField(help_text="= accepted + duplicates + quarantined"),
        "accepted": s.IntegerField(),
        "duplicates": s.IntegerField(),
        "quarantined": s.IntegerField(),
        "mended": s.IntegerField(help_text="rows of it that came in later, in none of the above"),
        "reasons": s.DictField(child=s.IntegerField()),
        "notes": s.ListField(child=s.DictField()),
        "refusal": s.DictField(allow_null=True),
        "facts": s.DictField(),
        "created": s.DateTimeField(),
        "loaded": s.DateTimeField(allow_null=True),
        "job": s.IntegerField(allow_null=True),
    },
)
IMPORTS = _page("Import", IMPORT)
STARTED = inline_serializer(
    "ImportStarted", {"job": copy.deepcopy(JOB), "import": copy.deepcopy(IMPORT)}
)
BAD_ROWS = _page(
    "BadRow",
    inline_serializer(
        "BadRow",
        {
            "line": s.IntegerField(),
            "column": s.CharField(),
            "code": s.CharField(),
            "reason": s.CharField(),
            "text": s.CharField(),
        },
    ),
)
HEALTH = inline_serializer(
    "Health",
    {
        "version": s.IntegerField(),
        "report": s.DictField(allow_null=True, help_text="made, seconds; null: quick checks only"),
        "job": s.IntegerField(allow_null=True),
        "checks": s.ListField(child=s.DictField(), help_text="level: pass, warn, fail or skip"),
        "excluded": s.IntegerField(help_text="users whose events the version leaves out"),
    },
)
_WISHES: dict[str, Any] = {
    "pseudonyms": s.BooleanField(required=False),
    "round": s.IntegerField(required=False, help_text="seconds: 0, 60, 3600 or 86400"),
    "consent": s.CharField(required=False, help_text="the user attribute that says so"),
}
PRIVACY = inline_serializer(
    "Privacy", {**copy.deepcopy(_WISHES), "erased": s.ListField(child=s.DictField())}
)
PRIVACY_SET = inline_serializer("PrivacySet", copy.deepcopy(_WISHES))
ERASE = inline_serializer(
    "Erase", {"user": s.CharField(), "confirm": s.CharField(help_text="the same id")}
)
EXCLUDE = inline_serializer(
    "Exclude",
    {
        "check": s.CharField(required=False, help_text="bots, copycats or shilling"),
        "users": s.ListField(child=s.CharField(), required=False),
        "keep": s.BooleanField(required=False, help_text="true: take them in again"),
    },
)


def bad_row(row: Quarantined) -> dict[str, Any]:
    return {
        "line": row.line,
        "column": row.column,
        "code": row.code,
        "reason": tasks.words(row.code, row.args),
        "text": row.text,
    }


def body(request: Request, known: Iterable[str]) -> dict[str, Any]:
    """The JSON object that came, with no field that we do not know (ABU-03)."""
    given: Any = request.data
    if not isinstance(given, dict):
        raise ApiError(400, "malformed", _("Send a JSON object."))
    for name in given:
        if name not in set(known):
            words = _("Unknown field “%(name)s”.") % {"name": str(name)[:80]}
            raise ApiError(400, "malformed", words, field=str(name)[:80])
    return dict(given)


def flag(given: dict[str, Any], name: str) -> bool:
    """False where it was not sent: what is neither true nor false must not pass for either."""
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Unprocessable(_("“%(name)s” is true or false.") % {"name": name}, field=name)
    return value


def text(given: dict[str, Any], name: str) -> str:
    """Empty where it was not sent."""
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise Unprocessable(_("“%(name)s” is a text.") % {"name": name}, field=name)
    return value or ""


def version(request: Request, dataset: Dataset) -> Version:
    known_params(request, {"version"})
    number = request.GET.get("version")
    if number is None:
        newest = dataset.version
        if newest is None:
            words = _("“%(name)s” has no version yet: import interactions first.")
            raise ApiError(409, "no_version", words % {"name": dataset.name})
        return newest
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise ApiError(400, "malformed", _("“version” must be a number."), field="version")
    return numbered(dataset, number, "version")


def numbered(dataset: Dataset, number: str, field: str) -> Version:
    """The version of that number; the dataset is here, so a 404 names the parameter."""
    found = dataset.versions.filter(number=int(number)).first()
    if found is None:
        words = _("“%(name)s” has no version %(number)s.")
        said = words % {"name": dataset.name, "number": number}
        raise ApiError(404, "not_found", said, field=field)
    return found


def mapping(given: Any) -> dict[str, str]:
    columns = given.values() if isinstance(given, dict) else [None]
    if not all(isinstance(column, str) and len(column) <= 500 for column in columns):
        raise Unprocessable(_("“mapping” names one column for each field."), field="mapping")
    return dict(given)


def members(given: Any) -> list[User]:
    """The users of those names. Raises Unprocessable naming the first that does not exist."""
    names = [] if given is None else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Unprocessable(_("“members” is a list of user names."), field="members")
    found = {user.username: user for user in User.objects.filter(username__in=names[:500])}
    for name in names:
        if name not in found:
            words = _("There is no user “%(name)s”.") % {"name": name[:80]}
            raise Unprocessable(words, field="members")
    return list(found.values())


def rules(given: Any) -> list[dict[str, Any]]:
    """Each rule as training.features.Rule takes it; raises Unprocessable naming what is wrong."""
    if not isinstance(given, list):
        words = _("“%(name)s” must be JSON: %(shape)s.")
        raise Unprocessable(words % {"name": "rules", "shape": "[...]"}, field="rules")
    made = []
    for place, rule in enumerate(given):
        if not isinstance(rule, dict) or set(rule) - {"event", "minimum", "confidence", "weight"}:
            words = _("Rule %(n)d must be an object with event, minimum, confidence, weight.")
            raise Unprocessable(words % {"n": place + 1}, field="rules", row=place + 1)
        made.append(_rule(rule, place + 1))
    return made


def _rule(rule: dict[str, Any], row: int) -> dict[str, Any]:
    event, minimum = rule.get("event"), rule.get("minimum")
    weight, confidence = rule.get("weight", 1.0), rule.get("confidence", "one")
    if not isinstance(event, str) or not 1 <= len(event) <= 64 or parsers.unfit(event):
        raise Unprocessable(_("A rule needs the name of an event."), field="event", row=row)
    if minimum is not None and not _finite(minimum):
        raise Unprocessable(_("“minimum” must be a number."), field="minimum", row=row)
    if not _finite(weight) or not 0 < weight <= 1000:
        words = _("“weight” must be above 0 and at most 1000.")
        raise Unprocessable(words, field="weight", row=row)
    if confidence not in CONFIDENCES:
        words = _("“confidence” must be one of %(known)s.") % {"known": ", ".join(CONFIDENCES)}
        raise Unprocessable(words, field="confidence", row=row)
    return {"event": event, "minimum": minimum, "confidence": confidence, "weight": float(weight)}


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and not parsers.unfit(value)
