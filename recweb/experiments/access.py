"""The runs of an address, if they are the reader's to see; else there is nothing there."""

from collections.abc import Iterable
from typing import cast

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from recweb.experiments.models import Experiment
from recweb.people.models import User

BIG = 2**63


def person(request: HttpRequest) -> User:
    return cast(User, request.user)  # the route table let nobody else in


def find(request: HttpRequest, experiment_id: int) -> Experiment:
    if experiment_id >= BIG:
        raise Http404
    rows = Experiment.objects.visible(person(request)).select_related("dataset", "version", "owner")
    return get_object_or_404(rows, pk=experiment_id)


def find_all(request: HttpRequest, ids: Iterable[int]) -> list[Experiment]:
    """In the order asked for; one that is not the reader's means that there is nothing."""
    wanted = list(dict.fromkeys(ids))
    rows = Experiment.objects.visible(person(request)).select_related("dataset", "version", "owner")
    found = rows.in_bulk([pk for pk in wanted if pk < BIG])
    if len(found) < len(wanted):
        raise Http404
    return [found[pk] for pk in wanted]


def numbers(texts: Iterable[str]) -> list[int]:
    """ids=1,2 and ids=1&ids=2 are the same; what is no number is not there."""
    parts = [part.strip() for text in texts for part in text.split(",")]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]
