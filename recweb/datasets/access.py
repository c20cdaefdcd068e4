"""The dataset of an address, if it is the reader's to see; else there is nothing there."""

from typing import cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from recweb.datasets.models import Dataset, Import
from recweb.people.models import User


def person(request: HttpRequest) -> User:
    return cast(User, request.user)  # the route table let nobody else in


def find(request: HttpRequest, slug: str) -> Dataset:
    return get_object_or_404(Dataset.objects.visible(person(request)), slug=slug)


def find_import(request: HttpRequest, slug: str, import_id: int) -> Import:
    dataset = find(request, slug)
    return get_object_or_404(dataset.imports.select_related("dataset", "owner"), pk=import_id)
