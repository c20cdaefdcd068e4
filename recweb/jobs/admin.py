"""Jobs to look at; they are cancelled and retried on their own page, with its checks."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recweb.jobs.models import Beat, Job
from recweb.lib.readonly import ReadOnly, columns


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = columns(
        pk=_("Number"), name=_("Title"), kind=_("Kind"), state=_("State"), owner=_("Owner"),
        attempt=_("Attempt"), created=_("Ordered"), finished=_("Ended"),
    )  # fmt: skip
    list_filter = ("state", "kind", "queue", "created")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__username", "=id")
    ordering = ("-id",)
    fields = columns(
        name=_("Title"), kind=_("Kind"), queue=_("Job queue"), state=_("State"),
        owner=_("Owner"), params=_("Parameters"), attempt=_("Attempt"), lost=_("Workers lost"),
        worker=_("Worker"), lease_until=_("Lease until"), step=_("Step"), error=_("Error"),
        trace=_("Trace"), code_version=_("Code version"), created=_("Ordered"),
        started=_("Started"), finished=_("Ended"),
    )  # fmt: skip

    def view_on_site(self, obj: Job) -> str:
        return reverse("job", args=[obj.pk])


@admin.register(Beat)
class BeatAdmin(ReadOnly):
    """Signs of life of the workers and of the clock."""

    list_display = fields = columns(name=_("Name"), at=_("At"))
