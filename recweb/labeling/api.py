"""/api/v1/queues/: open a queue, take samples from it, answer them, learn from the answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets.schemas import body
from recweb.experiments import orders as experiments
from recweb.experiments.models import Experiment
from recweb.jobs.api import job_json
from recweb.jobs.models import Job
from recweb.labeling import answers, claims, orders, samples, shapes, tallies
from recweb.labeling.models import Label, Queue
from recweb.lib.api import ApiError, Conflict, Unprocessable, idempotent, known_params, paged
from recweb.people.models import User

NOTHING = OpenApiResponse(description="nothing is left for you in this queue")


def person(request: Request) -> User:
    return cast(User, request.user)  # the route table let nobody else in


def find(request: Request, queue_id: int) -> Queue:
    """Not there, or not yours: the same answer."""
    rows = Queue.objects.visible(person(request)).select_related("dataset", "experiment")
    return get_object_or_404(rows, pk=queue_id)


def plain(view: Callable[..., Response]) -> Callable[..., Response]:
    """No query parameters; what the queue's rules refuse becomes the API's 404, 409 or 422."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **more: Any) -> Response:
        known_params(request, ())
        try:
            return view(request, *args, **more)
        except claims.NotOpen as error:
            raise Conflict(error.message, code=error.state) from None
        except answers.Clash as error:
            raise Conflict(error.message, code=error.code) from None
        except answers.Unknown:
            words = _("There is no such sample in your hands.")
            raise ApiError(404, "not_found", words) from None
        except orders.Refused as error:
            raise Unprocessable(error.message, field=error.field or None) from None
        except experiments.Refused as error:
            raise Unprocessable(error.message, field=error.field) from None

    return guarded


def late_words(label: Label) -> str:
    if not label.late:
        return ""
    return _("Somebody else finished this sample; your answer was kept as an extra.")


def queue_json(queue: Queue, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": queue.pk,
        "name": queue.title,
        "dataset": queue.dataset.slug,
        "experiment": queue.experiment_id,
        "kind": queue.kind,
        "strategy": queue.strategy,
        "size": queue.size,
        "overlap": queue.overlap,
        "gold_share": queue.gold_share,
        "golds": queue.golds,
        "guideline": queue.advice,
        "state": queue.state,
        "waiting": row["waiting"],
        "mine_today": row["mine_today"],
        "answered": row["answered"],
        "wanted": row["wanted"],
        "job": queue.job_id,
        "created": queue.created,
    }


def label_json(label: Label) -> dict[str, Any]:
    return {
        "id": label.pk,
        "sample": label.sample_id,
        "value": label.value,
        "late": label.late,
        "message": late_words(label),
        "created": label.created,
    }


@extend_schema(
    methods=["GET"],
    operation_id="queues",
    parameters=[OpenApiParameter("page", int), OpenApiParameter("dataset", str)],
    responses={200: shapes.QUEUES},
)
@extend_schema(
    methods=["POST"], operation_id="queue_new", request=shapes.NEW, responses={202: shapes.MADE}
)
@api_view(["GET", "POST"])
@idempotent
def queues(request: Request) -> Response:
    """Queues of your datasets, newest first. POST (analysts) orders one: its samples are chosen
    by a job, half of the first 200 at random, then a tenth."""
    if request.method == "POST":
        return _new(request)
    visible = Queue.objects.visible(person(request)).select_related("dataset", "experiment")
    rows = visible.order_by("-pk")
    if "dataset" in request.GET:
        rows = rows.filter(dataset__slug=request.GET["dataset"])
    return paged(request, rows, _row(request), also={"dataset"})


def _row(request: Request) -> Callable[[Queue], dict[str, Any]]:
    user = person(request)
    return lambda queue: queue_json(queue, tallies.table([queue], user)[0])


@plain
def _new(request: Request) -> Response:
    given = body(
        request, {"experiment", "name", "size", "overlap", "guideline", "seed", "gold_share"}
    )
    visible = Experiment.objects.visible(person(request)).select_related("dataset")
    experiment = visible.filter(pk=shapes.whole(given, "experiment")).first()
    if experiment is None:
        raise Unprocessable(_("There is no such run, or it is not yours."), field="experiment")
    queue = orders.create(experiment, person(request), **shapes.new_queue(given))
    job = Job.objects.select_related("owner").get(pk=queue.job_id or 0)
    row = _row(request)(queue)
    return Response({"job": job_json(job), "queue": row}, status=202)


@extend_schema(methods=["GET"], operation_id="queue", responses={200: shapes.QUEUE})
@extend_schema(
    methods=["PATCH"],
    operation_id="queue_state",
    request=shapes.STATE,
    responses={200: shapes.QUEUE},
)
@api_view(["GET", "PATCH"])
@plain
def queue(request: Request, queue_id: int) -> Response:
    """One queue. PATCH {"state": "paused"} (analysts) pauses, opens or closes it."""
    found = find(request, queue_id)
    if request.method == "PATCH":
        orders.set_state(found, str(body(request, {"state"}).get("state")))
        found.refresh_from_db()
    return Response(_row(request)(found))


@extend_schema(
    operation_id="queue_next",
    request=shapes.COUNT,
    responses={200: shapes.ASSIGNMENTS, 204: NOTHING},
)
@api_view(["POST"])
@idempotent
@plain
def next_(request: Request, queue_id: int) -> Response:
    """Lease the next sample (15 min), or the next `count`. What you hold already comes first, with
    its lease renewed. 204: nothing is left for you. 409: the queue is paused or closed."""
    found = find(request, queue_id)
    count = shapes.count(request)
    held = claims.take(found, person(request), count)[:count]
    if not held:
        return Response(status=204)
    rows = [samples.as_json(row) for row in samples.shown(found, held)]
    return Response({**rows[0], "assignments": rows})


@extend_schema(operation_id="queue_renew", request=None, responses={200: shapes.RENEWED})
@api_view(["POST"])
@idempotent
@plain
def renew(request: Request, queue_id: int) -> Response:
    """Another 15 minutes for all that you hold here; what is not in the answer is lost."""
    held = claims.renew(find(request, queue_id), person(request))
    return Response({"held": [row.token for row in held]})


@extend_schema(operation_id="queue_label", request=shapes.ANSWER, responses={200: shapes.LABEL})
@api_view(["POST"])
@idempotent
@plain
def label(request: Request, queue_id: int, sample_id: int) -> Response:
    """Answer a sample that you hold. Sent again it is the same answer; another value is a 409.
    `late`: the lease had gone to somebody else, the answer is kept as an extra."""
    _sample(request, queue_id, sample_id)
    given = body(request, {"lease", "value", "seconds", "note", "flagged"})
    token = shapes.lease(given)
    made = answers.answer(sample_id, token, person(request), shapes.answer(given))
    return Response(label_json(made))


@extend_schema(operation_id="queue_skip", request=shapes.SKIP, responses={200: shapes.SKIPPED})
@api_view(["POST"])
@idempotent
@plain
def skip(request: Request, queue_id: int, sample_id: int) -> Response:
    """Leave a sample to others, with a flag and a note if something is wrong with it."""
    _sample(request, queue_id, sample_id)
    given = body(request, {"lease", "note", "flagged"})
    note, flagged = shapes.text(given, "note", answers.NOTE), shapes.flag(given)
    answers.skip(sample_id, shapes.lease(given), person(request), note, flagged)
    return Response({"sample": sample_id, "skipped": True})


@extend_schema(operation_id="queue_change", request=shapes.CHANGE, responses={200: shapes.LABEL})
@api_view(["POST"])
@idempotent
@plain
def change(request: Request, queue_id: int, sample_id: int) -> Response:
    """Another value for your own answer; the old row is kept, closed."""
    _sample(request, queue_id, sample_id)
    given = shapes.answer(body(request, {"value", "seconds", "note", "flagged"}))
    return Response(label_json(answers.change(sample_id, person(request), given)))


@extend_schema(operation_id="queue_undo_sample", request=None, responses={200: shapes.UNDONE})
@api_view(["POST"])
@idempotent
@plain
def undo_sample(request: Request, queue_id: int, sample_id: int) -> Response:
    """Take back your answer to this sample (or its skip); it is in your hands again."""
    return _undo(request, _sample(request, queue_id, sample_id), sample_id)


@extend_schema(operation_id="queue_undo", request=None, responses={200: shapes.UNDONE})
@api_view(["POST"])
@idempotent
@plain
def undo(request: Request, queue_id: int) -> Response:
    """Take back your last answer or skip in this queue; again: the one before."""
    return _undo(request, find(request, queue_id), None)


def _undo(request: Request, found: Queue, sample_id: int | None) -> Response:
    try:
        undone = answers.undo(found, person(request), sample_id)
    except answers.Unknown:
        raise Conflict(_("There is nothing of yours to undo here."), code="nothing") from None
    lease = undone.lease
    return Response(
        {
            "sample": undone.sample_id,
            "value": undone.value,
            "lease": lease.token if lease else None,
        }
    )


@extend_schema(operation_id="queue_progress", responses={200: shapes.PROGRESS})
@api_view(["GET"])
@plain
def progress(request: Request, queue_id: int) -> Response:
    """Your own numbers, and how far the whole queue is. Nobody's answers but yours."""
    return Response(tallies.progress(find(request, queue_id), person(request)))


@extend_schema(operation_id="queue_retrain", request=None, responses={202: shapes.RETRAINED})
@api_view(["POST"])
@idempotent
@plain
def retrain(request: Request, queue_id: int) -> Response:
    """A child of the queue's run that also learns from the answers as they stand now."""
    child = orders.retrain(find(request, queue_id), person(request))
    job = Job.objects.select_related("owner").get(pk=child.job_id or 0)
    return Response({"job": job_json(job), "experiment": child.pk}, status=202)


def _sample(request: Request, queue_id: int, sample_id: int) -> Queue:
    found = find(request, queue_id)
    get_object_or_404(found.samples.only("pk"), pk=sample_id)
    return found
