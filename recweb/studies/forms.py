"""A study to be ordered."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Version
from recweb.experiments import orders as runs
from recweb.experiments import words
from recweb.studies import objectives, orders
from training import registry


class StudyForm(forms.Form):
    """What is outside the bounds is said by orders.start, as for the API."""

    models = forms.MultipleChoiceField(
        label=_("Models"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one model.")},
    )  # fmt: skip
    trials = forms.IntegerField(
        label=_("Trials of each model"), min_value=2, max_value=orders.MOST_TRIALS,
        help_text=_("The same number for every model, so that none wins by having been tried more. "
                    "The first trial is the model's usual settings."),
    )  # fmt: skip
    objectives = forms.MultipleChoiceField(
        label=_("Look for"), widget=forms.CheckboxSelectMultiple, required=False
    )
    split = forms.ChoiceField(label=_("Split"))
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=runs.SEEDS - 1)
    minutes = forms.IntegerField(
        label=_("Time limit in minutes"), min_value=1, max_value=orders.MOST_MINUTES,
        required=False,
        help_text=_("Of fitting, all trials together. Empty: none. Models take turns, so that a "
                    "study that is stopped by it has tried them equally often, give or take one."),
    )  # fmt: skip
    workers = forms.IntegerField(
        label=_("Workers"), min_value=1,
        help_text=_("Trainings that work on the study side by side, where there are so many "
                    "workers; one machine has one."),
    )  # fmt: skip
    name = forms.CharField(label=_("Name"), max_length=120, required=False)

    def __init__(self, *args: Any, version: Version, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        known = registry.models()
        self.tunable = orders.tunable(version)
        self._choices("models", [(m, words.say(known[m]["name"])) for m in self.tunable])
        self._choices("objectives", [(one.code, one.name) for one in objectives.OBJECTIVES[1:]])
        splits = [(name, f"{name}: {words.SPLIT_WORDS[name]()}") for name in runs.SPLITS]
        self._choices("split", splits)
        workers: Any = self.fields["workers"]
        workers.max_value = orders.most_workers()
        workers.widget.attrs["max"] = orders.most_workers()
        self.look()

    def _choices(self, field: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def look(self) -> None:
        """Classes of the frame, and each field tied to its help and error."""
        for name, field in self.fields.items():
            widget, tied = field.widget, []
            if isinstance(widget, forms.CheckboxSelectMultiple):
                continue  # its fieldset carries the words
            widget.attrs["class"] = (
                "form-select" if isinstance(widget, forms.Select) else "form-control"
            )
            if field.help_text:
                tied.append(f"id_{name}_help")
            if self.is_bound and name in self.errors:
                tied.append(f"id_{name}_error")
                widget.attrs["aria-invalid"] = "true"
                widget.attrs["class"] += " is-invalid"
            if tied:
                widget.attrs["aria-describedby"] = " ".join(tied)

    def order(self) -> dict[str, Any]:
        """As orders.start takes it."""
        data = dict(self.cleaned_data)
        return data | {"objectives": ["relevance", *data["objectives"]]}


USUAL = {
    "models": ["itemknn", "ease", "ials"],
    "trials": orders.USUAL_TRIALS,
    "objectives": [],
    "split": "auto",
    "seed": 0,
    "workers": 1,
}
