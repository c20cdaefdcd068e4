"""What the browser may send: the upload, the mapping, the settings."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from recweb.datasets import imports, tasks, uploads
from recweb.datasets.models import Dataset, Kind, MapTemplate, Upload
from recweb.lib import numbers
from recweb.people.models import User

FIELD_NAMES = {
    "user": _("User"),
    "item": _("Item"),
    "event": _("Event"),
    "value": _("Value (rating, seconds, count)"),
    "at": _("Time"),
    "session": _("Session"),
    "query": _("Query (context)"),
    "position": _("Position (context)"),
    "propensity": _("Propensity (context)"),
    "device": _("Device (context)"),
    "relation": _("Relation"),
    "entity": _("Entity"),
    "title": _("Title"),
    "categories": _("Categories"),
    "year": _("Year"),
    "text": _("Description"),
}
ENCODINGS = [
    ("", _("found out")),
    ("utf-8", "UTF-8"),
    ("gb18030", "GBK / GB 18030"),
    ("big5", "Big5"),
    ("utf-16", "UTF-16"),
    ("shift_jis", "Shift JIS"),
    ("cp1252", "Windows-1252"),
    ("latin-1", "Latin-1"),
]
DELIMITERS = [
    ("", _("found out")),
    (",", _("comma ,")),
    (";", _("semicolon ;")),
    ("\t", _("tab")),
    ("|", _("bar |")),
]
DAYS = [
    ("", _("refuse 01/02/2024")),
    ("1", _("day/month/year")),
    ("0", _("month/day/year")),
]
CONFIDENCES = [
    ("one", _("the same for each")),
    ("value", _("the value itself")),
    ("log", _("1 + log(1 + value)")),
    ("one+value", _("1 + value")),
]


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
    """A dataset that is not there yet: interactions are required."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    again = forms.BooleanField(
        label=_("Make a second dataset even if this file was uploaded before"), required=False
    )
    interactions = _file(_("Interactions"), required=True)
    field_order = ["name", "interactions", "items", "users", "triples", "again"]


class MapForm(forms.Form):
    """Which column is which, for one uploaded file."""

    def __init__(
        self,
        kind: str,
        columns: tuple[str, ...],
        *args: Any,
        anonymous: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        choices = [("", _("– none –")), *((name, name) for name in columns)]
        known, needed = tasks.fields(kind)
        for field in known:
            self.fields[field] = forms.ChoiceField(
                label=FIELD_NAMES[field],
                choices=choices,
                required=field in needed and not (anonymous and field == "user"),
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.mapped = known

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        taken: dict[str, str] = {}
        for field in self.mapped:
            column = cleaned.get(field)
            if column and column in taken:
                words = gettext("“%(column)s” is already taken for %(first)s.")
                first = FIELD_NAMES[taken[column]]
                self.add_error(field, words % {"column": column, "first": first})
            elif column:
                taken[column] = field
        return cleaned

    def mapping(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.mapped if self.cleaned_data[name]}


def industries() -> list[tuple[str, Any]]:
    """The ready-made templates of rules, in the reader's language."""
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    ready = [(code, found["name"][language]) for code, found in tasks.templates().items()]
    ready.sort(key=lambda pair: pair[1])
    return [("", _("found out")), ("none", _("none: the general rules")), *ready]


class ReadForm(forms.Form):
    """How to read the file."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS, required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), choices=DELIMITERS, required=False)
    day_first = forms.ChoiceField(label=_("Dates such as 01/02/2024"), choices=DAYS, required=False)
    zone = forms.CharField(
        label=_("Time zone of times without one"), max_length=50, required=False, initial="UTC"
    )
    industry = forms.ChoiceField(label=_("Template of event rules"), required=False)
    anonymous = forms.ChoiceField(
        label=_("Without a user column"),
        choices=[("", _("refuse the file")), ("1", _("each session, else each row, is somebody"))],
        required=False,
    )
    template = forms.ModelChoiceField(
        label=_("Mapping that was kept"),
        queryset=MapTemplate.objects.none(),
        required=False,
        empty_label=_("– none –"),
    )

    def __init__(self, kind: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        if kind != Kind.INTERACTIONS:
            del self.fields["industry"], self.fields["anonymous"]
        else:
            self.fields["industry"].choices = industries()  # type: ignore[attr-defined]
        kept = MapTemplate.objects.filter(kind=kind).order_by("name")
        self.fields["template"].queryset = kept  # type: ignore[attr-defined]
        if not kept.exists():
            del self.fields["template"]
        for field in self.fields.values():
            shape = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["class"] = shape

    def clean_zone(self) -> str:
        from zoneinfo import ZoneInfo

        zone = self.cleaned_data["zone"] or "UTC"
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, LookupError):
            words = gettext(
                "“%(zone)s” is no time zone; write it as Europe/Berlin or Asia/Shanghai."
            )
            raise forms.ValidationError(words % {"zone": zone}) from None
        return str(zone)

    def options(self) -> dict[str, Any]:
        given = self.cleaned_data
        made: dict[str, Any] = {"zone": given["zone"]}
        for name in ("encoding", "delimiter", "industry"):
            if given.get(name):
                made[name] = given[name]
        if given.get("anonymous"):
            made["anonymous"] = True
        if given["day_first"]:
            made["day_first"] = given["day_first"] == "1"
        return made

    @staticmethod
    def given(options: dict[str, Any]) -> dict[str, str]:
        """Import.options as this form shows them."""
        shown = {name: str(value) for name, value in options.items() if name != "day_first"}
        if options.get("anonymous"):
            shown["anonymous"] = "1"
        if "day_first" in options:
            shown["day_first"] = "1" if options["day_first"] else "0"
        return shown


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Dataset
        fields = ["name", "source", "repeats_wanted"]
        labels = {
            "name": _("Name"),
            "source": _("Where the data comes from"),
            "repeats_wanted": _("Repeats are wanted (music, apps): recommend seen items, too"),
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        for name in ("name", "source"):
            self.fields[name].widget.attrs["class"] = "form-control"
        self.fields["repeats_wanted"].widget.attrs["class"] = "form-check-input"


class RuleForm(forms.Form):
    """What one event says."""

    counts = forms.BooleanField(label=_("is a positive"), required=False)
    minimum = forms.FloatField(label=_("from value"), required=False)
    confidence = forms.ChoiceField(label=_("confidence"), choices=CONFIDENCES)
    weight = forms.FloatField(label=_("weight"), min_value=0.001, max_value=1000)

    def __init__(self, event: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.event = event
        self.label_suffix = ""
        for name in ("minimum", "weight"):
            self.fields[name].widget.attrs |= {"class": "form-control form-control-sm"}
        self.fields["confidence"].widget.attrs["class"] = "form-select form-select-sm"
        self.fields["counts"].widget.attrs["class"] = "form-check-input"

    def rule(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        if not given["counts"]:
            return None
        return {
            "event": self.event,
            "minimum": given["minimum"],
            "confidence": given["confidence"],
            "weight": given["weight"],
        }
