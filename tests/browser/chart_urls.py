"""The product's routes and one page of charts, hostile words included."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from recweb import urls
from recweb.lib import charts

BAD = "<b>Tom & Jerry</b> %{x} $a$ =1+1"


def show(request: HttpRequest) -> HttpResponse:
    rows = [("Drama", 4), (BAD, 3), ("喜剧", 2)]
    drawn = {
        "bars": charts.bars(rows, "Three topics", "topic", "films"),
        "far": charts.bars(rows, "The same, far below", "topic", "films"),
    }
    return render(request, "tests/charts.html", {"charts": drawn})


urlpatterns = [path("charts/", show, name="chart-test"), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
