"""/api/v1/datasets/: make, fill, look at and delete datasets."""

import json
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import imports, reading, removal, schemas, uploads
from recweb.datasets.models import Dataset, Import, MapTemplate, Member, Version
from recweb.datasets.names import RESERVED, free_slug
from recweb.jobs.api import job_json
from recweb.lib import parsers
from recweb.lib.api import ApiError, Conflict, Unprocessable, accepted, known_params, paged
from recweb.people import audit
from recweb.people.models import User

PAGE = OpenApiParameter("page", int)


def find(request: Request, slug: str) -> Dataset:
    """Not there, or not yours: the same answer."""
    return get_object_or_404(Dataset.objects.visible(person(request)), slug=slug)


def person(request: Request) -> User:
    return cast(User, request.user)  # the route table let nobody else in


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    version = dataset.version
    return {
        "slug": dataset.slug,
        "name": dataset.name,
        "source": dataset.source,
        "repeats_wanted": dataset.repeats_wanted,
        "rules": dataset.rules,
        "created": dataset.created,
        "version": version_json(version) if version else None,
    }


def version_json(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "fingerprint": version.fingerprint,
        "interactions": version.n_interactions,
        "users": version.n_people,
        "items": version.n_items,
        "density": version.density,
        "erased": version.gone._asdict() if version.gone else None,
        "created": version.created,
    }


def import_json(batch: Import) -> dict[str, Any]:
    job = batch.job
    return {
        "id": batch.pk,
        "kind": batch.kind,
        "state": batch.state,
        "file_name": batch.file_name,
        "sha256": batch.sha256,
        "size": batch.size,
        "mapping": batch.mapping,
        "mends": batch.mends_id,
        "rows_in": batch.rows_in,
        "accepted": batch.accepted,
        "duplicates": batch.duplicates,
        "quarantined": batch.quarantined,
        "mended": batch.mended_rows,
        "reasons": batch.reasons,
        "notes": batch.notes,
        "refusal": batch.refusal,
        "facts": batch.facts,
        "created": batch.created,
        "loaded": batch.loaded,
        "job": job.pk if job else None,
    }


@extend_schema(
    methods=["GET"], operation_id="datasets", parameters=[PAGE], responses=schemas.DATASETS
)
@extend_schema(
    methods=["POST"],
    operation_id="dataset_new",
    request=schemas.NEW,
    responses={201: schemas.DATASET},
)
@api_view(["GET", "POST"])
def datasets(request: Request) -> Response:
    """The datasets you belong to; an admin sees all. POST makes a new one (admins)."""
    if request.method == "GET":
        rows = Dataset.objects.visible(person(request)).order_by("name", "pk")
        return paged(request, rows, dataset_json)
    known_params(request, ())
    given = schemas.body(request, {"name", "slug", "source", "repeats_wanted", "members"})
    name = schemas.text(given, "name").strip()
    if not 1 <= len(name) <= 120 or any(ord(char) < 32 for char in name):
        raise Unprocessable(_("A dataset needs a name of 1 to 120 characters."), field="name")
    slug = schemas.text(given, "slug") or free_slug(name)
    if slug != slugify(slug) or not 1 <= len(slug) <= 60 or slug in RESERVED:
        words = _("“%(slug)s” cannot be used: small letters, digits and - only.")
        raise Unprocessable(words % {"slug": slug[:80]}, field="slug")
    asked = schemas.members(given.get("members"))
    source, repeats = schemas.text(given, "source")[:200], schemas.flag(given, "repeats_wanted")
    try:
        with transaction.atomic():
            made = Dataset.objects.create(
                slug=slug,
                name=name,
                source=source,
                repeats_wanted=repeats,
                owner=person(request),
            )
            Member.objects.bulk_create(Member(dataset=made, user=user) for user in asked)
    except IntegrityError:
        words = _("There is a dataset “%(slug)s” already.") % {"slug": slug}
        raise Conflict(words, field="slug") from None
    audit.record(request._request, "dataset-new", slug)
    return Response(dataset_json(made), status=201)


@extend_schema(methods=["GET"], operation_id="dataset", responses=schemas.DATASET_WHOLE)
@extend_schema(
    methods=["DELETE"],
    operation_id="dataset_delete",
    request=schemas.CONFIRM,
    responses={202: OpenApiResponse(description="job: rows, files and arrays are being removed")},
)
@api_view(["GET", "DELETE"])
def dataset(request: Request, slug: str) -> Response:
    """One dataset with its versions and members. DELETE takes it away and
    needs {"confirm": slug}."""
    known_params(request, ())
    row = find(request, slug)
    if request.method == "DELETE":
        if schemas.body(request, {"confirm"}).get("confirm") != row.slug:
            words = _("Nothing was deleted. To delete it, send its slug, %(slug)s, as “confirm”.")
            raise ApiError(400, "confirm", words % {"slug": row.slug}, field="confirm")
        job = removal.hide(row, person(request))
        audit.record(request._request, "dataset-delete", row.slug)
        return accepted(job)
    members = row.members.order_by("user__username").values_list("user__username", flat=True)
    whole = dataset_json(row)
    whole["versions"] = [version_json(v) for v in row.versions.order_by("-number")[:50]]
    whole["members"] = list(members)
    return Response(whole)


@extend_schema(
    methods=["GET"], operation_id="imports", parameters=[PAGE], responses=schemas.IMPORTS
)
@extend_schema(
    methods=["POST"],
    operation_id="import_new",
    request={"multipart/form-data": schemas.UPLOAD},
    responses={202: schemas.STARTED},
)
@api_view(["GET", "POST"])
@parser_classes([MultiPartParser])
def dataset_imports(request: Request, slug: str) -> Response:
    """Files of a dataset. POST stores one and orders its import: 202 with the job."""
    row = find(request, slug)
    if request.method == "GET":
        return paged(request, row.imports.order_by("-pk"), import_json, whole=imports.with_jobs)
    known_params(request, ())
    given = cast(QueryDict, request.data)
    known = {"file", "upload", "kind", "mapping", "rules", "options", "template"}
    if unknown := sorted(set(given) - known):
        words = _("Unknown part “%(name)s”.") % {"name": unknown[0][:80]}
        raise ApiError(400, "malformed", words, field=unknown[0][:80])
    for part in sorted(set(given)):
        _fit(part, given[part])
    try:
        file, name = _file(request, given)
        kept = _template(given)
        batch, job = imports.start_import(
            row,
            str(given.get("kind") or "interactions"),
            file,
            name,
            person(request),
            mapping=schemas.mapping(_part(given, "mapping", dict)) or kept.mapping,
            rules=schemas.rules(_part(given, "rules", list)) or kept.rules,
            options={**kept.options, **reading.check(_part(given, "options", dict))},
        )
    except reading.Wrong as wrong:
        raise Unprocessable(str(wrong), field="options") from None
    except imports.BadFile as error:
        code = {413: "too_large", 409: "conflict"}.get(error.status, "malformed")
        raise ApiError(error.status, code, str(error), field=error.field or "file") from None
    except imports.AlreadyThere as same:
        raise Conflict(
            f"{same} (/datasets/{slug}/imports/{same.batch.pk}/)", field="file"
        ) from None
    audit.record(request._request, "upload", f"{slug}/{batch.pk}", sha256=batch.sha256)
    return Response({"job": job_json(job), "import": import_json(batch)}, status=202)  # type: ignore[arg-type]


def _file(request: Request, given: QueryDict) -> tuple[Any, str]:
    """What came as the part `file`, or in parts before, and its name."""
    if upload_id := given.get("upload"):
        upload = uploads.whole(person(request), str(upload_id))
        return upload, upload.file_name
    file = request.FILES.get("file")
    if file is None:
        raise ApiError(400, "malformed", _("The part “file” is missing."), field="file")
    if not file.size:
        raise imports.BadFile(_("This file is empty: it has 0 bytes. Nothing was stored."))
    return file, str(file.name)


def _template(given: QueryDict) -> MapTemplate:
    """The mapping that was kept under that name; an empty one where none is named."""
    name = given.get("template")
    if not name:
        return MapTemplate()
    found = MapTemplate.objects.filter(name=name).first()
    if found is None:
        words = _("There is no template “%(name)s”.") % {"name": str(name)[:80]}
        raise Unprocessable(words, field="template")
    return found


def _part(given: QueryDict, name: str, kind: type) -> Any:
    text = given.get(name)
    if text in (None, ""):
        return kind()
    try:
        found = json.loads(str(text))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, kind):
        shape = "{...}" if kind is dict else "[...]"
        words = _("“%(name)s” must be JSON: %(shape)s.") % {"name": name, "shape": shape}
        raise Unprocessable(words, field=name)
    if kind is dict:  # of rules each names its own field
        _fit(name, found)
    return found


def _fit(name: str, value: Any) -> None:
    if parsers.unfit(value):
        raise Unprocessable(parsers.words(name), field=name)


@extend_schema(operation_id="import", responses=schemas.IMPORT)
@api_view(["GET"])
def dataset_import(request: Request, slug: str, import_id: int) -> Response:
    """rows_in = accepted + duplicates + quarantined."""
    known_params(request, ())
    return Response(import_json(get_object_or_404(find(request, slug).imports, pk=import_id)))


@extend_schema(
    operation_id="import_decide", request=schemas.DECISION, responses={200: schemas.IMPORT}
)
@api_view(["POST"])
def import_decide(request: Request, slug: str, import_id: int) -> Response:
    """Decide on a file with many bad rows. {"decision": "accept"} takes the good ones (202 with
    the job), "discard" drops the file."""
    known_params(request, ())
    batch = get_object_or_404(find(request, slug).imports, pk=import_id)
    decision = schemas.body(request, {"decision"}).get("decision")
    if decision not in ("accept", "discard"):
        words = _("“decision” must be accept or discard.")
        raise Unprocessable(words, field="decision")
    try:
        job = imports.accept(batch, person(request)) if decision == "accept" else None
    except (imports.BadFile, imports.AlreadyThere) as error:
        raise Conflict(str(error), field="decision") from None
    if job is None and not (decision == "discard" and imports.discard(batch)):
        raise Conflict(_("This file does not wait for a decision."))
    audit.record(request._request, f"import-{decision}", f"{slug}/{batch.pk}")
    if job is not None:
        return accepted(job)
    batch.refresh_from_db()
    return Response(import_json(batch))


@extend_schema(operation_id="quarantine", parameters=[PAGE], responses=schemas.BAD_ROWS)
@api_view(["GET"])
def quarantine(request: Request, slug: str, import_id: int) -> Response:
    """The first 1,000 rows that were put aside: line, column, reason, text."""
    batch = get_object_or_404(find(request, slug).imports, pk=import_id)
    return paged(request, batch.bad_rows.order_by("line", "pk"), schemas.bad_row)


@extend_schema(operation_id="versions", parameters=[PAGE], responses=schemas.VERSIONS)
@api_view(["GET"])
def versions(request: Request, slug: str) -> Response:
    """Newest first. A version never changes."""
    return paged(request, find(request, slug).versions.order_by("-number"), version_json)


@extend_schema(operation_id="profile", parameters=[schemas.VERSION], responses=schemas.ANY)
@api_view(["GET"])
def profile(request: Request, slug: str) -> Response:
    """The figures behind the profile page."""
    version = schemas.version(request, find(request, slug))
    return Response({**version_json(version), **version.profile})
