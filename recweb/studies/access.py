"""The study of an address, if it is the reader's to see; else there is nothing there."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from recweb.experiments.access import BIG, person
from recweb.studies.models import Study


def find(request: HttpRequest, study_id: int) -> Study:
    if study_id >= BIG:
        raise Http404
    rows = Study.objects.visible(person(request)).select_related("dataset", "version", "owner")
    return get_object_or_404(rows, pk=study_id)
