"""Policies to look at; they are published and rolled back on their own page, which asks why."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recweb.lib.readonly import ReadOnly, columns
from recweb.tuning.models import Policy


@admin.register(Policy)
class PolicyAdmin(ReadOnly):
    list_display = columns(
        number=_("Number"), name=_("Name"), dataset=_("Dataset"), state=_("State"),
        diversity=_("Diversity"), reranker=_("Re-ranker"), owner=_("Owner"),
        published=_("Published"),
    )  # fmt: skip
    list_filter = ("state", "reranker", "created")
    list_select_related = ("dataset", "owner")
    search_fields = ("name", "dataset__name", "owner__username")
    ordering = ("-id",)
    fields = columns(
        number=_("Number"), name=_("Name"), dataset=_("Dataset"), state=_("State"),
        experiment=_("Run"), final=_("Refitted run"), reranker=_("Re-ranker"),
        distance=_("Distance"), diversity=_("Diversity"), lowest=_("Lowest allowed"),
        highest=_("Highest allowed"), comment=_("Why"), bundle=_("Folder"), owner=_("Owner"),
        created=_("Made"), published=_("Published"),
    )  # fmt: skip

    def view_on_site(self, obj: Policy) -> str:
        return reverse("policy", args=[obj.pk])
