"""Rushes of what costs a thread for long must not keep those waiting who ask for a page.

In this process only so many logins hash at a time (ABU-01) and only so many bodies arrive at a time
(ABU-11). The others are turned away before session, database and templates cost anything.
"""

import threading

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from recweb.lib import answers
from recweb.lib.middleware import Next
from recweb.people.hashing import SLOTS

BODIES = 2  # of the four threads of a process: two are left for pages
LARGE = 64 * 2**10  # bytes; what is smaller arrives with its header


class RushMiddleware:
    """The room for logins."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.room = threading.BoundedSemaphore(SLOTS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or request.path != reverse("login"):
            return self.get_response(request)
        if not self.room.acquire(blocking=False):
            return full(request)
        try:
            return self.get_response(request)
        finally:
            self.room.release()


class BodyRoomMiddleware:
    """The room for uploads: a thread reads a body at the pace at which it comes."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.room = threading.BoundedSemaphore(BODIES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not large(request):
            return self.get_response(request)
        if not self.room.acquire(blocking=False):
            return busy(request)
        try:
            return self.get_response(request)
        finally:
            self.room.release()


def large(request: HttpRequest) -> bool:
    given = request.META.get("CONTENT_LENGTH") or "0"
    size = int(given) if given.isascii() and given.isdigit() else LARGE
    return size >= LARGE or "HTTP_TRANSFER_ENCODING" in request.META


def full(request: HttpRequest) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        words = _("Too many people are logging in at this moment. Try again in a second.")
    return HttpResponse(
        words, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": "1"}
    )


def busy(request: HttpRequest) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        words = _("Too many uploads arrive at this moment. Nothing was stored; try again soon.")
        if answers.is_api(request):
            response = answers.refuse(request, 503, "busy", words)
        else:
            response = HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = "5"
    return response
