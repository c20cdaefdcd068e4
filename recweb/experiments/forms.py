"""A run to be ordered: the fields of every model come from the registry's schemas."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recweb.experiments import orders, prose, words
from recweb.experiments.models import Experiment
from training import registry

# key, name, model, settings, and how much longer than with the usual settings it fits
PRESETS: tuple[tuple[str, Any, str, dict[str, Any], float], ...] = (
    ("quick", _("Quick look"), "puresvd", {}, 1.0),
    ("standard", _("Standard"), "ease", {}, 1.0),
    ("thorough", _("Thorough"), "ials", {"factors": 128, "iterations": 30}, 2.5),
)
PRESET_HELP = {
    "quick": _("The main directions of the whole log: a fair first answer in the shortest time."),
    "standard": _("One exact answer with one knob; hard to beat on small and middle-sized logs."),
    "thorough": _("Twice the factors and twice the rounds; the one that grows to large logs."),
}


def _id(name: str) -> str:
    return f"id_{name}"


class RunForm(forms.Form):
    """Names of parameter fields are "<model>.<parameter>": only the chosen model's are read."""

    model = forms.ChoiceField(label=_("Model"), widget=forms.RadioSelect)
    split = forms.ChoiceField(label=_("Split"))
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=orders.SEEDS - 1)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        specs = registry.models()
        choices: Any = [(name, words.say(spec["name"])) for name, spec in specs.items()]
        self.fields["model"].choices = choices  # type: ignore[attr-defined]
        splits: Any = [(name, f"{name}: {words.SPLIT_WORDS[name]()}") for name in orders.SPLITS]
        self.fields["split"].choices = splits  # type: ignore[attr-defined]
        for model, spec in specs.items():
            for name, rule in spec["params"].items():
                self.fields[f"{model}.{name}"] = param_field(name, rule)
        self.look()

    def look(self) -> None:
        """Classes of the frame, and each field tied to its help and error."""
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(widget, forms.Select) and not isinstance(widget, forms.RadioSelect):
                widget.attrs["class"] = "form-select"
            elif not isinstance(widget, forms.RadioSelect):
                widget.attrs["class"] = "form-control"
            tied = [f"{_id(name)}_help"] if field.help_text else []
            if self.is_bound and name in self.errors:
                tied.append(f"{_id(name)}_error")
                widget.attrs["aria-invalid"] = "true"
                if not isinstance(widget, forms.RadioSelect):
                    widget.attrs["class"] += " is-invalid"
            if tied:
                widget.attrs["aria-describedby"] = " ".join(tied)

    def clean(self) -> dict[str, Any]:
        """Errors in fields of models that were not chosen are nobody's."""
        cleaned: dict[str, Any] = super().clean() or {}
        mine = f"{cleaned.get('model', '')}."
        for name in list(self.errors):
            if "." in name and not name.startswith(mine):
                del self.errors[name]
        return cleaned

    def params(self) -> dict[str, Any]:
        """Of the chosen model. What was left empty is the default."""
        model = self.cleaned_data["model"]
        rules = registry.model_spec(model)["params"]
        given = {name: self.cleaned_data.get(f"{model}.{name}") for name in rules}
        return {name: value for name, value in given.items() if value not in (None, "")}

    def blocks(self, asked: str) -> list[dict[str, Any]]:
        """One folded block of settings a model: its words and its bound fields."""
        return [
            {
                "id": model,
                "name": words.say(spec["name"]),
                "help": prose.prose(words.say(spec["help"])),
                "when": prose.prose(words.say(spec["when"]), link=False),
                "needs": spec["needs"],
                "on": model == asked,
                "fields": [self[f"{model}.{name}"] for name in spec["params"]],
                "wrong": any(f"{model}.{name}" in self.errors for name in spec["params"]),
            }
            for model, spec in registry.models().items()
        ]


def param_field(name: str, rule: dict[str, Any]) -> forms.Field:
    help_text = prose.setting(words.say(rule["help"]))
    if rule["type"] == "bool":
        return forms.TypedChoiceField(
            label=name, choices=[("true", _("yes")), ("false", _("no"))], required=False,
            initial=str(rule["default"]).lower(), coerce=lambda text: text == "true",
            empty_value=None, help_text=help_text,
        )  # fmt: skip
    if rule["type"] == "choice":
        choices = [(choice, choice) for choice in rule["choices"]]
        return forms.ChoiceField(
            label=name, choices=choices, initial=rule["default"], required=False,
            help_text=help_text,
        )  # fmt: skip
    kind = forms.IntegerField if rule["type"] == "int" else forms.FloatField
    low, high = f"{rule['low']:g}", f"{rule['high']:g}"
    outside = gettext("It must lie from %(low)s to %(high)s.") % {"low": low, "high": high}
    default = rule["default"]
    found = gettext("from the log") if rule.get("from") == "log" else gettext("found on validation")
    usual = found if default is None else f"{default:g}"
    span = gettext("%(low)s to %(high)s, usual %(usual)s.")
    return kind(
        label=name,
        required=False,
        initial=default,
        min_value=rule["low"],
        max_value=rule["high"],
        widget=forms.NumberInput(attrs={"step": "1" if rule["type"] == "int" else "any"}),
        help_text=format_html(
            "{} {}", help_text, span % {"low": low, "high": high, "usual": usual}
        ),
        error_messages={"min_value": outside, "max_value": outside, "invalid": outside},
    )


def initial(run: Experiment | None, model: str, params: dict[str, Any]) -> dict[str, Any]:
    """What stands in the form first: a run to be repeated, or a preset."""
    if run is not None:
        model, params = run.model, run.params
    made: dict[str, Any] = {f"{model}.{name}": value for name, value in params.items()}
    made |= {"model": model, "split": "auto", "seed": 0}
    if run is not None:
        name = gettext("%(name)s, again") % {"name": run}
        made |= {"split": run.split, "seed": run.seed, "name": name[:120]}
    return made


def preset(key: str) -> tuple[str, dict[str, Any]]:
    for name, _label, model, params, _longer in PRESETS:
        if name == key:
            return model, dict(params)
    return "ease", {}


def rules_in_words(rules: list[dict[str, Any]]) -> list[str]:
    """Which events are positives, and how much each says."""
    return [rule_in_words(rule) for rule in rules or []]


def rule_in_words(rule: dict[str, Any]) -> str:
    confidences = {
        "one": gettext("counts 1"),
        "value": gettext("counts as much as its value"),
        "log": gettext("counts 1 + log(1 + value)"),
        "one+value": gettext("counts 1 + value"),
    }
    minimum = rule.get("minimum")
    facts = {
        "event": rule.get("event"),
        "minimum": f" ≥ {minimum:g}" if minimum is not None else "",
        "confidence": confidences.get(str(rule.get("confidence", "one")), ""),
        "weight": f" × {rule['weight']:g}" if rule.get("weight", 1) != 1 else "",
    }
    return "{event}{minimum} {confidence}{weight}".format(**facts)
