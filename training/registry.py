"""Names and parameter schemas of models, metrics, re-rankers and strategies.

Standard library only. Each entry is a literal in its own file, read with `ast.literal_eval`, so
that listing the models loads neither numpy nor torch and adding a model is adding one file.
"""

from __future__ import annotations

import ast
import importlib
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from training.encoders import folders, picture_folders
from training.endpoint import settings as endpoint
from training.wants import Want, asked

Spec = dict[str, Any]  # a JSON value by construction: it was a literal

ROOT = Path(__file__).parent
TYPES = {"float": "number", "int": "integer", "bool": "boolean", "choice": "string"}
WIDE = 1000.0  # a knob on a log scale is looked for so far from its default, within its range
STEPS = 4  # a whole number on a log scale (neighbours, factors: they cost) so far


class ParamError(ValueError):
    """A parameter that cannot be used, in parts that a form or an API can translate.

    field: its name. code: unknown, type, range or choice. given: what came. low, high: the range
    (None where there is none). choices: what may be given instead.
    """

    def __init__(
        self,
        field: str,
        code: str,
        given: object,
        *,
        low: float | None = None,
        high: float | None = None,
        choices: tuple[str, ...] = (),
    ) -> None:
        self.field, self.code, self.given = field, code, given
        self.low, self.high, self.choices = low, high, choices
        self.message = _message(self)
        super().__init__(self.message)


def models() -> dict[str, Spec]:
    """All models by id, in the order of the alphabet: one literal SPEC per file of models/."""
    return {name: spec | {"params": params(spec)} for name, spec in _modules().items()}


def model_spec(model: str) -> Spec:
    """The SPEC of one model. Raises KeyError naming the known ones."""
    spec = _one(_modules(), model, "model")
    return spec | {"params": params(spec)}


def metrics() -> dict[str, Spec]:
    """All metrics by id (metrics/specs.py)."""
    return _specs("metrics")


def rerankers() -> dict[str, Spec]:
    """All re-rankers by id (rerank/specs.py)."""
    return _specs("rerank")


def strategies() -> dict[str, Spec]:
    """All strategies that choose samples for labelling, by id (select/specs.py)."""
    return _specs("select")


def load_model(model: str) -> type[Any]:
    """The class of a model; only this imports its file. Raises KeyError on an unknown id."""
    spec = model_spec(model)
    module = importlib.import_module(f"training.models.{spec['module']}")
    loaded: type[Any] = getattr(module, spec.get("class") or _camel(spec["id"]))
    return loaded


def check_params(model: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a model with defaults filled in. Raises ParamError, KeyError."""
    return fill(model_spec(model), given)


def fill(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """As `check_params`, for a SPEC at hand. Raises ParamError at the first wrong parameter."""
    known = params(spec)
    for field in given:
        if field not in known:
            raise ParamError(field, "unknown", given[field], choices=tuple(known))
    return {
        field: _checked(field, rule, given[field]) if field in given else rule["default"]
        for field, rule in known.items()
    }


def params(spec: Spec) -> dict[str, Spec]:
    """The parameters of a SPEC as it stands in its file: {"like": NAME, ...} is the one of that
    name in models/params.py or params_learnt.py, with what the SPEC says otherwise. Raises KeyError
    on another name.
    """
    shared = _shared()
    return {field: _with_listed(_like(rule, shared)) for field, rule in spec["params"].items()}


def _like(rule: Spec, shared: dict[str, Spec]) -> Spec:
    if "like" not in rule:
        return rule
    return _like(shared[rule["like"]], shared) | {key: rule[key] for key in rule if key != "like"}


def encoder_fault(given: Mapping[str, Any], language: str = "en") -> str:
    """Why the encoder among these parameters is not read, "" when it is: an admin's folder is
    judged by its names and its JSON before anything is loaded (encoders/folders.py).
    """
    name = given.get("encoder")
    if name is None or name in folders.OURS:
        return ""
    try:
        folders.sound(str(name))
    except folders.Refused as fault:
        return fault.said(language)
    return ""


def picture_encoders() -> list[str]:
    """Names of the admin's models that read pictures."""
    return list(picture_folders.of_pictures())


def picture_fault(name: str, language: str = "en") -> str:
    """Why an encoder of pictures is not read, "" when it is; nothing of it is loaded."""
    try:
        picture_folders.sound(name)
    except folders.Refused as fault:
        return fault.said(language)
    return ""


def endpoint_fault(model: str, language: str = "en") -> str:
    """Why a model that asks a language model elsewhere cannot, "" when it can or asks none."""
    return endpoint.fault(language=language) if "endpoint" in model_spec(model)["needs"] else ""


def _with_listed(rule: Spec) -> Spec:
    """A choice of encoders offers the admin's as well."""
    if rule.get("listed") != "encoders":
        return rule
    return rule | {"choices": [*rule["choices"], *picture_folders.of_texts()]}


def reads_text(model: str, given: Mapping[str, Any]) -> bool:
    """Whether a model reads text vectors: it needs them, or a parameter asks for them."""
    asked = given.get("text") is True or given.get("distance") == "text"
    return asked or "text" in model_spec(model)["needs"]


def wants(model: str, given: Mapping[str, Any]) -> list[Want]:
    """What checked parameters ask of the data beyond the model's own needs, in their order."""
    return list(asked(model_spec(model), given, model_spec))


def json_schema(spec: Spec, language: str = "en") -> Spec:
    """JSON schema (2020-12) of a SPEC's parameters, descriptions in `language`."""
    properties = {field: _property(rule, language) for field, rule in spec["params"].items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def space(spec: Spec, fixed: Mapping[str, Any], *, timed: bool) -> dict[str, Spec]:
    """Parameter -> rule with the range that tuning looks in.

    A rule's own "tune" decides: [low, high], or False for one that does not change the scores or
    is no more than patience. Without it: log scales within 1,000 times the default (whole numbers,
    which cost, within 4 times), others over their range. What the model finds by itself (default
    None) and recency without times are left alone, but for one with a "tune" range of its own.
    fixed: parameters that are not looked for.
    """
    found = {}
    for name, rule in spec["params"].items():
        found_alone = rule["default"] is None and "tune" not in rule
        left = name in fixed or found_alone or rule.get("tune") is False
        if left or (name == "recency" and not timed):
            continue
        found[name] = rule if "choices" in rule or rule["type"] == "bool" else _narrowed(rule)
    return found


def _narrowed(rule: Spec) -> Spec:
    low, high = rule["low"], rule["high"]
    if "tune" in rule:
        low, high = rule["tune"]
    elif rule["log"]:
        times = STEPS if rule["type"] == "int" else WIDE
        low, high = max(low, rule["default"] / times), min(high, rule["default"] * times)
    if rule["type"] == "int":
        low, high = math.ceil(low), int(high)
    return rule | {"low": low, "high": high}


def _property(rule: Spec, language: str) -> Spec:
    kind: Any = TYPES[rule["type"]]
    schema: Spec = {"type": [kind, "null"] if rule["default"] is None else kind}
    schema |= {"default": rule["default"], "description": rule["help"][language]}
    if "choices" in rule:
        schema["enum"] = list(rule["choices"])
    if "low" in rule:
        schema |= {"minimum": rule["low"], "maximum": rule["high"]}
    return schema


def _checked(field: str, rule: Spec, value: Any) -> Any:
    if value is None and rule["default"] is None:
        return None
    if rule["type"] == "choice":
        if not isinstance(value, str) or value not in rule["choices"]:
            raise ParamError(field, "choice", value, choices=tuple(rule["choices"]))
        return value
    if rule["type"] == "bool":
        if not isinstance(value, bool):
            raise ParamError(field, "type", value, choices=("true", "false"))
        return value
    return _number(field, rule, value)


def _number(field: str, rule: Spec, value: Any) -> float | int:
    low, high = rule["low"], rule["high"]
    whole = rule["type"] == "int"
    # bool is an int in Python; True for "200 neighbours" is a mistake, not 1
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParamError(field, "type", value, low=low, high=high)
    # an int is finite, and may be larger than any float
    if isinstance(value, float) and (not math.isfinite(value) or (whole and value != int(value))):
        raise ParamError(field, "type", value, low=low, high=high)
    if not low <= value <= high:
        raise ParamError(field, "range", value, low=low, high=high)
    return int(value) if whole else float(value)


def _message(wrong: ParamError) -> str:
    if wrong.code == "unknown":
        known = ", ".join(wrong.choices) or "none"
        return f"there is no parameter {wrong.field!r}; known: {known}"
    if wrong.choices:
        return f"{wrong.field} must be one of {', '.join(wrong.choices)}, got {wrong.given!r}"
    kind = "be a number of the right kind" if wrong.code == "type" else "lie"
    return f"{wrong.field} must {kind} between {wrong.low} and {wrong.high}, got {wrong.given!r}"


def _specs(folder: str) -> dict[str, Spec]:
    """SPECS of folder/specs.py: a dict by id, or a list of entries that carry their id."""
    found = _literals(ROOT / folder / "specs.py").get("SPECS", {})
    return found if isinstance(found, dict) else {spec["id"]: spec for spec in found}


def _one(specs: dict[str, Spec], name: str, what: str) -> Spec:
    if name not in specs:
        raise KeyError(f"there is no {what} {name!r}; known: {', '.join(specs)}")
    return specs[name]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


@cache
def _modules() -> dict[str, Spec]:
    """Each SPEC as it stands in its file, with the name of that file."""
    paths = sorted((ROOT / "models").glob("*.py"))
    specs = [(path.stem, _literals(path).get("SPEC")) for path in paths]
    return {spec["id"]: spec | {"module": module} for module, spec in specs if spec is not None}


@cache
def _shared() -> dict[str, Spec]:
    """Parameters that several models have."""
    files = ("params.py", "params_learnt.py")
    return {
        name: rule
        for file in files
        for name, rule in _literals(ROOT / "models" / file)["PARAMS"].items()
    }


@cache
def _literals(path: Path) -> dict[str, Any]:
    """SPEC, SPECS and PARAMS of a file that is read, never run."""
    if not path.exists():
        return {}
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ("SPEC", "SPECS", "PARAMS"):
                found[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    return found
