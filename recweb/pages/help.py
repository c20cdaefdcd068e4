"""The glossary comes from the registries: a new metric or model explains itself here."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.experiments.prose import prose, setting
from training import registry

Spec = dict[str, Any]


class Entry(NamedTuple):
    id: str
    name: str
    other: str  # its name in the other language
    help: str
    when: str
    formula: str
    facts: list[str]
    params: list[tuple[str, str, str]]  # name, help, range and default
    paper: str


def say(words: Any, language: str | None = None) -> str:
    """A text of a registry in the page's language; plain strings are one for all."""
    if isinstance(words, dict):
        return str(words.get(language or get_language() or "en") or words.get("en", ""))
    return str(words or "")


def _range(spec: Spec) -> str:
    if spec.get("choices"):
        span = ", ".join(map(str, spec["choices"]))
    elif spec.get("low") is not None:
        span = f"{spec['low']:g} … {spec['high']:g}"
    else:
        span = _("yes or no") if spec.get("type") == "bool" else ""
    return _("%(range)s; usual: %(default)s") % {"range": span, "default": spec.get("default")}


def _facts(spec: Spec) -> list[str]:
    facts = []
    directions = {"up": _("higher is better ↑"), "down": _("lower is better ↓")}
    direction = spec.get("direction")
    if direction:
        facts.append(directions.get(str(direction), _("neither end is best")))
    if spec.get("range"):
        low, high = (*spec["range"], None)[:2]
        facts.append(f"{_end(low, '−∞')} … {_end(high, '∞')}")
    if spec.get("needs"):
        facts.append(_("needs: %(what)s") % {"what": ", ".join(spec["needs"])})
    if spec.get("cost"):
        facts.append(say(spec["cost"]))
    return facts


def _end(value: float | None, open_end: str) -> str:
    return open_end if value is None else f"{value:.3g}"


def entry(key: str, spec: Spec) -> Entry:
    other = "en" if (get_language() or "en") != "en" else "zh-hans"
    name = say(spec.get("name", key))
    alias = say(spec.get("name", ""), other)
    params: list[tuple[str, str, str]] = [
        (name_, setting(say(one.get("help")), link=True), _range(one))
        for name_, one in (spec.get("params") or {}).items()
    ]
    return Entry(
        key,
        name,
        alias if alias != name else "",
        prose(say(spec.get("help"))),
        prose(say(spec.get("when"))),
        prose(say(spec.get("formula")), names=False),
        _facts(spec),
        params,
        say(spec.get("paper")),
    )


def entries(specs: dict[str, Spec]) -> list[Entry]:
    return [entry(key, spec) for key, spec in specs.items()]


def glossary(request: HttpRequest) -> HttpResponse:
    context = {
        "metrics": entries(registry.metrics()),
        "rerankers": entries(registry.rerankers()),
        "strategies": entries(registry.strategies()),
        "models": entries(registry.models()),
    }
    return render(request, "pages/help.html", context)


def models(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help_models.html", {"models": entries(registry.models())})
