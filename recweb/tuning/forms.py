"""What is asked when a weight becomes a policy."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recweb.tuning import releases


def _weight(label: Any, name: str) -> forms.FloatField:
    shape = {"class": "form-control", "step": "0.01", "lang": "en"}
    field = forms.FloatField(
        label=label, min_value=0.0, max_value=1.0, widget=forms.NumberInput(attrs=shape)
    )
    field.widget.attrs["id"] = f"id_{name}"
    return field


class PolicyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    diversity = _weight(_("Diversity"), "diversity")
    lowest = _weight(_("Lowest that a request may ask for"), "lowest")
    highest = _weight(_("Highest that a request may ask for"), "highest")
    comment = forms.CharField(
        label=_("Why this weight"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
        error_messages={"required": _("Say why: whoever finds this policy later wants to know.")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        low, high, weight = (given.get(name) for name in ("lowest", "highest", "diversity"))
        if low is None or high is None or weight is None:
            return given
        if low > high:
            self.add_error("lowest", gettext("The lower bound lies above the upper one."))
        elif not low <= weight <= high:
            self.add_error("diversity", releases.outside(weight, low, high))
        return given
