"""The queue of an address, if its dataset is the reader's to see; else there is nothing there."""

from typing import cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from recweb.labeling.models import Queue
from recweb.people.models import User


def person(request: HttpRequest) -> User:
    return cast(User, request.user)  # the route table let nobody else in


def find(request: HttpRequest, queue_id: int) -> Queue:
    rows = Queue.objects.visible(person(request)).select_related("dataset", "experiment", "owner")
    return get_object_or_404(rows, pk=queue_id)
