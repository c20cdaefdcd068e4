"""Label queues to look at. Labels only grow: nothing here adds, changes or deletes one."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recweb.labeling.models import Label, Queue
from recweb.lib.readonly import ReadOnly, columns


@admin.display(description=_("Name"), ordering="name")
def named(queue: Queue) -> str:
    return queue.title


@admin.register(Queue)
class QueueAdmin(ReadOnly):
    list_display = (*columns(pk=_("Number")), named, *columns(
        dataset=_("Dataset"), state=_("State"), size=_("Samples"),
        overlap=_("People per sample"), owner=_("Owner"), created=_("Made"),
    ))  # fmt: skip
    list_filter = ("state", "kind", "created")
    list_select_related = ("dataset", "owner", "experiment")
    search_fields = ("name", "dataset__name", "owner__username")
    ordering = ("-id",)
    fields = columns(
        title=_("Name"), dataset=_("Dataset"), experiment=_("Run"), state=_("State"),
        kind=_("Kind"), strategy=_("Strategy"), size=_("Samples"),
        overlap=_("People per sample"), guideline=_("Guideline"), seed=_("Seed"),
        owner=_("Owner"), created=_("Made"),
    )  # fmt: skip

    def view_on_site(self, obj: Queue) -> str:
        return reverse("queue", args=[obj.pk])


@admin.register(Label)
class LabelAdmin(ReadOnly):
    list_display = fields = columns(
        pk=_("Number"), sample=_("Sample"), annotator=_("Annotator"), value=_("Answer"),
        seconds=_("Seconds"), flagged=_("Flagged"), late=_("Late"), created=_("Given"),
        closed=_("Taken back"),
    )  # fmt: skip
    list_filter = ("value", "flagged", "late", "created")
    list_select_related = ("sample", "annotator")
    search_fields = ("annotator__username", "sample__queue__name")
    ordering = ("-id",)
