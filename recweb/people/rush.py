"""A rush of logins must not keep those waiting who are in already (ABU-01)."""

import threading

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from recweb.lib.middleware import Next
from recweb.people.hashing import SLOTS


class RushMiddleware:
    """In this process, as many logins at a time as may hash; the others are turned away before
    session, database and templates cost anything, so that a thousand of them take a second."""

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


def full(request: HttpRequest) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        words = _("Too many people are logging in at this moment. Try again in a second.")
    return HttpResponse(
        words, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": "1"}
    )
