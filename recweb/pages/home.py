"""Home: is everything fine, and what comes next?"""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from recweb.pages import demo as demo_data
from recweb.pages.cards import Home
from recweb.pages.context import address
from recweb.people.models import Preference, User


def _home(request: HttpRequest) -> Home:
    user = cast(User, request.user)
    preference: Preference = request.preference  # type: ignore[attr-defined]
    return Home(user, request.GET.get("dataset", ""), preference.visited or {})


def _context(request: HttpRequest) -> dict[str, object]:
    page = _home(request)
    urls = {
        "data": address("datasets"),
        "new": address("dataset-new"),
        "experiments": address("experiments"),
        "experiment_new": address("experiment-new"),
        "tradeoff": address("tradeoff"),
        "explore": address("explore"),
        "label": address("queues"),
        "jobs": address("jobs"),
    }
    preference: Preference = request.preference  # type: ignore[attr-defined]
    steps = []
    if page.user.may("analyst") and not preference.checklist_hidden:
        steps = page.steps(urls)
    return {"home": page, "urls": urls, "steps": steps, "steps_done": sum(s.done for s in steps)}


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html", _context(request))


def cards(request: HttpRequest) -> HttpResponse:
    """The part that renews itself while jobs run; new jobs come along out of band."""
    context = _context(request)
    page = cast(Home, context["home"])
    context["swap_jobs"] = request.GET.get("live", "") != page.live
    return render(request, "pages/_cards.html", context)


def pill(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/_pill.html")


def checklist(request: HttpRequest) -> HttpResponse:
    hidden = request.POST.get("hidden") == "1"
    Preference.objects.update_or_create(
        user=cast(User, request.user), defaults={"checklist_hidden": hidden}
    )
    return redirect("home")


def demo(request: HttpRequest) -> HttpResponse:
    job = demo_data.order(cast(User, request.user))
    if job is None:
        messages.info(request, _("The demo data is already here, or is on its way."))
    return redirect("home")
