"""How a file is read, and which column is which."""

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from recweb.datasets import reading, tasks
from recweb.datasets.models import Kind, MapTemplate

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
    ("euc-kr", "EUC-KR"),
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
FORMATS = [
    ("", _("each row is an event")),
    ("sequences", _("each line is a user: user item item ..., in order")),
    ("counted", _("each line is a count and items; its number is the user")),
]
HEADERS = [("", _("names the columns")), ("0", _("is a row already"))]
DAYS = [
    ("", _("refuse 01/02/2024")),
    ("1", _("day/month/year")),
    ("0", _("month/day/year")),
]


DECIMALS = [("", _("a point: 4.5")), (",", _("a comma: 4,5"))]
DAMAGED = [("", _("put the row aside")), ("1", _("take it as it is written"))]
BEYOND = [("", _("put the row aside")), ("1", _("count it as the largest"))]
LEAST = _("Give the least and the largest value, the lesser first.")
OF_A_LOG = "industry anonymous format event events decimal low high cap".split()


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
                required=field in needed and not (anonymous and field == needed[0]),
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

    format = forms.ChoiceField(label=_("What a line is"), choices=FORMATS, required=False)
    header = forms.ChoiceField(label=_("The first line"), choices=HEADERS, required=False)
    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS, required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), choices=DELIMITERS, required=False)
    day_first = forms.ChoiceField(label=_("Dates such as 01/02/2024"), choices=DAYS, required=False)
    zone = forms.CharField(
        label=_("Time zone of times without one"), max_length=50, required=False, initial="UTC"
    )
    event = forms.CharField(
        label=_("Event of every row, where no column says it"), max_length=64, required=False
    )
    events = forms.CharField(
        label=_("Events to take, with the names to use"),
        max_length=2000,
        required=False,
        help_text=_("Such as pv=view, buy=purchase. Others are put aside; empty: all as they are."),
    )
    decimal = forms.ChoiceField(label=_("Decimal sign"), choices=DECIMALS, required=False)
    low = forms.FloatField(label=_("Least value there can be"), required=False)
    high = forms.FloatField(label=_("Largest value there can be"), required=False)
    cap = forms.ChoiceField(label=_("A value above the largest"), choices=BEYOND, required=False)
    damaged = forms.ChoiceField(
        label=_("An id such as 1E5, #N/A or NULL"), choices=DAMAGED, required=False
    )
    industry = forms.ChoiceField(label=_("Template of event rules"), required=False)
    anonymous = forms.ChoiceField(
        label=_("Without a user column"),
        choices=[("", _("refuse the file")), ("1", _("each session, else each row, is somebody"))],
        required=False,
    )
    numbered = forms.ChoiceField(
        label=_("Without an id column"),
        choices=[("", _("refuse the file")), ("1", _("each row is an item, named by its line"))],
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
            for name in OF_A_LOG:
                del self.fields[name]
        else:
            self.fields["industry"].choices = industries()  # type: ignore[attr-defined]
        if kind != Kind.ITEMS:
            del self.fields["numbered"]
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

    def clean_events(self) -> dict[str, str]:
        try:
            return reading.events(self.cleaned_data["events"])
        except reading.Wrong as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        ends = [cleaned.get("low"), cleaned.get("high")]
        if ends != [None, None] and not reading.is_scale(ends):
            self.add_error("high", LEAST)
        return cleaned

    def options(self) -> dict[str, Any]:
        given = self.cleaned_data
        made: dict[str, Any] = {"zone": given["zone"]}
        for name in ("format", "event", "events", "encoding", "delimiter", "decimal", "industry"):
            if given.get(name):
                made[name] = given[name]
        for name, option in (("damaged", "keep_damaged_ids"), ("cap", "cap")):
            if given.get(name):
                made[option] = True
        if given.get("high") is not None:
            made["scale"] = [given["low"], given["high"]]
        if given.get("anonymous") or given.get("numbered"):
            made["anonymous"] = True
        if given.get("header"):
            made["header"] = False
        if given["day_first"]:
            made["day_first"] = given["day_first"] == "1"
        return made

    @staticmethod
    def given(options: dict[str, Any]) -> dict[str, str]:
        """Import.options as this form shows them."""
        shown = {name: str(value) for name, value in options.items() if name != "day_first"}
        if options.get("anonymous"):
            shown["anonymous"] = shown["numbered"] = "1"
        if options.get("events"):
            shown["events"] = reading.line(options["events"])
        if options.get("scale"):
            shown["low"], shown["high"] = map(str, options["scale"])
        shown["damaged"] = "1" if options.get("keep_damaged_ids") else ""
        shown["cap"] = "1" if options.get("cap") else ""
        shown["header"] = "" if options.get("header", True) else "0"
        if "day_first" in options:
            shown["day_first"] = "1" if options["day_first"] else "0"
        return shown
