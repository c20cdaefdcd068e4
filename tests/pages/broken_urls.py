"""The product's routes, with one page that fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from recweb import urls


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [path("help/", fail, name="help"), *urls.urlpatterns]
handler500 = urls.handler500
handler404 = urls.handler404
