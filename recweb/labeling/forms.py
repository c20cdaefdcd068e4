"""A new queue, as the browser sends it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from recweb.experiments.models import Experiment
from recweb.jobs.models import State
from recweb.labeling import orders
from recweb.people.models import User

RUNS = 200


class QueueForm(forms.Form):
    experiment = forms.ModelChoiceField(
        label=_("Run"),
        queryset=Experiment.objects.none(),
        empty_label=None,
        help_text=_("Its scores say which pairs are uncertain; a retrain starts from it."),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("Empty: named after the run."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    size = forms.IntegerField(
        label=_("Samples"),
        min_value=orders.SIZES[0],
        max_value=orders.SIZES[1],
        initial=200,
        help_text=_(
            "Half of the first 200 are drawn at random, then a tenth: only those can tell what "
            "the uncertain ones bought."
        ),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    overlap = forms.IntegerField(
        label=_("People per sample"),
        min_value=orders.OVERLAPS[0],
        max_value=orders.OVERLAPS[1],
        initial=1,
        help_text=_("2 or more show how far people agree, and cost as many answers."),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    gold_share = forms.FloatField(
        label=_("Share of known answers"),
        min_value=0,
        max_value=orders.MOST_GOLD,
        initial=orders.GOLD,
        required=False,
        help_text=_(
            "Once you have marked samples whose answer you know (on the review page), every "
            "annotator gets them mixed in at this share, without seeing which. 0: never."
        ),
        widget=forms.NumberInput(attrs={"class": "form-control", "step": "0.01"}),
    )
    guideline = forms.CharField(
        label=_("Guideline"),
        max_length=orders.GUIDELINE,
        required=False,
        help_text=_("Annotators read it with the key h."),
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        initial=0,
        help_text=_("The same seed chooses the same samples."),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    def clean_gold_share(self) -> float:
        given: float | None = self.cleaned_data["gold_share"]
        return orders.GOLD if given is None else given

    def __init__(self, user: User, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        runs = Experiment.objects.visible(user).table().filter(state=State.DONE)
        newest = runs.order_by("-pk").values("pk")[:RUNS]
        rows = Experiment.objects.filter(pk__in=newest).select_related("dataset")
        field: Any = self.fields["experiment"]
        field.queryset = rows.order_by("dataset__name", "-pk")
        field.label_from_instance = _run_name


def _run_name(run: Experiment) -> str:
    return f"{run.dataset.name}: {run} (#{run.pk})"
