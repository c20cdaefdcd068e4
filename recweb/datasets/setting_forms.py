"""What may be changed about a dataset: its settings, and what one event says."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset

CONFIDENCES = [
    ("one", _("the same for each")),
    ("value", _("the value itself")),
    ("log", _("1 + log(1 + value)")),
    ("one+value", _("1 + value")),
]


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
