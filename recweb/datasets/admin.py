"""Datasets and their imports to look at. Files come in by the wizard, deletion asks on its page."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset, Import, Version
from recweb.lib.readonly import ReadOnly, columns


@admin.register(Dataset)
class DatasetAdmin(ReadOnly):
    list_display = (
        *columns(name=_("Name"), slug=_("Short name"), owner=_("Owner"), created=_("Made"),
                 deleted=_("Deleted")),
        "upload",
    )  # fmt: skip
    list_filter = ("created", ("deleted", admin.EmptyFieldListFilter), "repeats_wanted")
    list_select_related = ("owner",)
    search_fields = ("name", "slug", "owner__username")
    ordering = ("-id",)
    fields = columns(
        name=_("Name"), slug=_("Short name"), owner=_("Owner"), source=_("Source"),
        rules=_("Event rules"), repeats_wanted=_("Repeats wanted"), time_zone=_("Time zone"),
        created=_("Made"), deleted=_("Deleted"),
    )  # fmt: skip

    @admin.display(description=_("Upload log"))
    def upload(self, row: Dataset) -> str:
        """The same wizard as on the dataset's own page."""
        if row.deleted:
            return "–"
        url = reverse("dataset-upload", args=[row.slug])
        return format_html('<a href="{}">{}</a>', url, _("Upload log"))

    def get_view_on_site_url(self, obj: Dataset | None = None) -> str | None:
        return reverse("dataset", args=[obj.slug]) if obj and not obj.deleted else None


@admin.register(Import)
class ImportAdmin(ReadOnly):
    list_display = columns(
        pk=_("Number"), file_name=_("File"), dataset=_("Dataset"), kind=_("Kind"),
        state=_("State"), rows_in=_("Rows in"), accepted=_("Accepted"),
        duplicates=_("Duplicates"), quarantined=_("Quarantined"), created=_("Uploaded"),
    )  # fmt: skip
    list_filter = ("state", "kind", "created")
    list_select_related = ("dataset",)
    search_fields = ("file_name", "dataset__name", "dataset__slug", "sha256")
    ordering = ("-id",)
    fields = columns(
        file_name=_("File"), dataset=_("Dataset"), kind=_("Kind"), state=_("State"),
        size=_("Bytes"), sha256=_("Checksum (SHA-256)"), mapping=_("Columns"), options=_("Read as"),
        rows_in=_("Rows in"), accepted=_("Accepted"), duplicates=_("Duplicates"),
        quarantined=_("Quarantined"), reasons=_("Reasons"), refusal=_("Refusal"),
        accept_bad=_("Bad rows left out by decision"), owner=_("Owner"), created=_("Uploaded"),
        loaded=_("Loaded"),
    )  # fmt: skip

    def get_view_on_site_url(self, obj: Import | None = None) -> str | None:
        if obj is None or obj.dataset.deleted:
            return None
        return reverse("import", args=[obj.dataset.slug, obj.pk])


@admin.register(Version)
class VersionAdmin(ReadOnly):
    list_display = fields = columns(
        dataset=_("Dataset"), number=_("Version"), n_interactions=_("Events"),
        n_users=_("Users"), n_items=_("Items"), fingerprint=_("Fingerprint"), created=_("Made"),
    )  # fmt: skip
    list_filter = ("created",)
    list_select_related = ("dataset",)
    search_fields = ("dataset__name", "dataset__slug", "fingerprint")
    ordering = ("-id",)
