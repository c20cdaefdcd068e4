"""Studies to look at; they are started, paused and resumed on their own pages."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recweb.lib.readonly import ReadOnly, columns
from recweb.studies.models import Study


@admin.register(Study)
class StudyAdmin(ReadOnly):
    list_display = columns(
        pk=_("Number"), name=_("Name"), dataset=_("Dataset"), state=_("State"),
        trials=_("Trials of each model"), owner=_("Owner"), created=_("Ordered"),
    )  # fmt: skip
    list_filter = ("state", "created")
    list_select_related = ("dataset", "owner")
    search_fields = ("name", "dataset__name", "owner__username", "=id")
    ordering = ("-id",)
    fields = columns(
        name=_("Name"), dataset=_("Dataset"), version=_("Version"), model_ids=_("Models"),
        trials=_("Trials of each model"), objectives=_("Look for"), split=_("Split"),
        seed=_("Seed"), rules=_("Event rules"), minutes=_("Time limit in minutes"),
        workers=_("Workers"), state=_("State"), space=_("Where the study looks"),
        importances=_("What mattered"), owner=_("Owner"), created=_("Ordered"),
        started=_("Started"), finished=_("Ended"),
    )  # fmt: skip

    def view_on_site(self, obj: Study) -> str:
        return reverse("study", args=[obj.pk])
