"""Runs to look at; they are started, named, archived and finalised on their own pages."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recweb.experiments.models import Experiment
from recweb.lib.readonly import ReadOnly, columns


@admin.register(Experiment)
class ExperimentAdmin(ReadOnly):
    list_display = columns(
        pk=_("Number"), name=_("Name"), dataset=_("Dataset"), model=_("Model"),
        state=_("State"), role=_("Purpose"), owner=_("Owner"), created=_("Ordered"),
    )  # fmt: skip
    list_filter = ("state", "role", "model", "created", ("archived", admin.EmptyFieldListFilter))
    list_select_related = ("dataset", "owner")
    search_fields = ("name", "model", "dataset__name", "owner__username", "=id")
    ordering = ("-id",)
    fields = columns(
        name=_("Name"), dataset=_("Dataset"), version=_("Version"), model=_("Model"),
        params=_("Parameters"), split=_("Split"), seed=_("Seed"), rules=_("Event rules"),
        role=_("Purpose"), parent=_("Parent"), state=_("State"), metrics=_("Metrics"),
        resources=_("Resources"), config=_("Configuration"), folder=_("Folder"),
        owner=_("Owner"), created=_("Ordered"), started=_("Started"), finished=_("Ended"),
        archived=_("Archived"), finalised=_("Finalised"), finalised_by=_("Finalised by"),
    )  # fmt: skip

    def view_on_site(self, obj: Experiment) -> str:
        return reverse("experiment", args=[obj.pk])
