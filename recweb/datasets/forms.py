"""The files that the browser may send."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recweb.datasets import imports, uploads
from recweb.datasets.models import Kind, Upload
from recweb.lib import numbers
from recweb.people.models import User

# the catalogue first: then the first version has titles already
KINDS = (Kind.ITEMS, Kind.USERS, Kind.TRIPLES, Kind.INTERACTIONS)


def _file(label: Any, *, required: bool) -> forms.FileField:
    kinds = ".csv,.tsv,.txt,.jsonl,.ndjson,.parquet,.xlsx,.gz,text/csv"
    accept = {"accept": kinds, "class": "form-control"}
    return forms.FileField(
        label=label,
        required=required,
        widget=forms.ClearableFileInput(attrs=accept),
        help_text=_limit,
        error_messages={
            "empty": _("This file is empty: it has 0 bytes. Nothing was stored."),
            "required": _("Choose a file."),
            "missing": _("Choose a file."),
        },
    )


def _at_most() -> str:
    return gettext("At most %(size)s.") % {"size": numbers.bytes_(settings.UPLOAD_LIMIT)}


_limit = lazy(_at_most, str)()


class UploadForm(forms.Form):
    """One file of each kind, or fewer, for a dataset that is there."""

    interactions = _file(_("Interactions"), required=False)
    items = _file(_("Items"), required=False)
    users = _file(_("Users"), required=False)
    triples = _file(_("Knowledge graph (item, relation, entity)"), required=False)

    def __init__(self, *args: Any, owner: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        self.owner = owner
        for kind in KINDS:
            if self.data.get(f"{kind}_upload"):
                self.fields[kind].required = False

    def files_given(self) -> list[tuple[str, "UploadedFile[Any] | Upload"]]:
        given = ((kind, self.cleaned_data.get(kind)) for kind in KINDS)
        return [(kind, file) for kind, file in given if file]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._take_parts(cleaned)
        for kind in KINDS:
            if file := cleaned.get(kind):
                try:
                    imports.check_name(file.name)
                except imports.BadFile as error:
                    self.add_error(kind, str(error))
        if not any(cleaned.get(kind) for kind in KINDS):
            if not self.errors:
                self.add_error("interactions", gettext("Choose at least one file."))
        return cleaned

    def _take_parts(self, cleaned: dict[str, Any]) -> None:
        """Files that upload.js sent in parts before: their numbers stand in place of them."""
        for kind in KINDS:
            if number := self.data.get(f"{kind}_upload"):
                try:
                    cleaned[kind] = uploads.whole(self.owner, number)
                except imports.BadFile as error:
                    self.add_error(kind, str(error))


class NewForm(UploadForm):
    """A dataset that is not there yet. Interactions may come later than the catalogue."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    again = forms.BooleanField(
        label=_("Make a second dataset even if this file was uploaded before"), required=False
    )
    field_order = ["name", "interactions", "items", "users", "triples", "again"]
