"""The same POST twice (a double click, a retry after a time-out) does its work once."""

import hashlib
import json
from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from recweb.lib import answers
from recweb.people.models import Idempotency

HEADER = "Idempotency-Key"


def body_hash(request: HttpRequest) -> str:
    """Over what was sent: the bytes, or for a form its fields and files."""
    if request.content_type != "multipart/form-data":
        return hashlib.sha256(request.body).hexdigest()
    found = hashlib.sha256(json.dumps(sorted(request.POST.lists())).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            found.update(f"{name}:{file.name}:".encode())
            for chunk in file.chunks():
                found.update(chunk)
            file.seek(0)
    return found.hexdigest()


def once(
    request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    key = request.headers[HEADER]
    if not 0 < len(key) <= 200 or not key.isprintable():
        words = _("Idempotency-Key takes 1 to 200 printable characters.")
        return answers.refuse(request, 400, "malformed", words)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # whoever sends the same key meanwhile waits here, then gets the same answer
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [request.user.pk, key])
        found = Idempotency.objects.filter(user=request.user.pk, key=key).first()
        if found:
            return replay(request, found)
        hashed = body_hash(request)
        response = get_response(request)
        if response.status_code < 400:
            keep(request, key, hashed, response)
        elif response.status_code >= 500:
            transaction.set_rollback(True)
    return response


def keep(request: HttpRequest, key: str, hashed: str, response: HttpResponseBase) -> None:
    text = response.content if isinstance(response, HttpResponse) else b""
    Idempotency.objects.create(
        user_id=int(request.user.pk or 0),
        key=key,
        route=request.path[:300],
        body_hash=hashed,
        status=response.status_code,
        body=text.decode(),
    )


def replay(request: HttpRequest, found: Idempotency) -> HttpResponse:
    if found.route != request.path[:300] or found.body_hash != body_hash(request):
        words = _("This Idempotency-Key was used for another request. Nothing was done.")
        return answers.refuse(request, 422, "key_reused", words)
    response = HttpResponse(found.body, status=found.status, content_type="application/json")
    response["Idempotent-Replay"] = "true"
    return response
