"""What the chosen parameters of a model ask of the data, beyond what the model itself needs.

Asked before anything is trained: a parameter that the data cannot bear is refused with its name.
Standard library only, as the registry, whose `wants` this is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Code = Literal["time", "order", "text", "topics", "triples", "twice", "none"]
MEMBERS = ("first", "second", "third")  # parameters of a blend, each the id of a model
VIEWS = ("behaviour", "catalogue", "text")  # of multi_view


@dataclass(frozen=True)
class Want:
    """field: the parameter. code: time and order (a split that keeps it), text, topics, triples of
    the data; twice: the same model stands in another field; none: nothing is switched on. model:
    the id of the member that wants it, "" where the parameter itself does.
    """

    field: str
    code: Code
    model: str = ""


def asked(
    spec: Mapping[str, Any], params: Mapping[str, Any], known: Callable[[str], Mapping[str, Any]]
) -> Iterator[Want]:
    """In the order of the parameters. params: checked ones, all of them; known: id -> SPEC."""
    if "time" not in spec["needs"] and params.get("recency", 1.0) != 1.0:
        yield Want("recency", "time")
    if set(MEMBERS) <= set(params):
        yield from _members(params, known)
    if params.get("text") is True:
        yield Want("text", "text")
    if (distance := params.get("distance")) in ("text", "categories"):
        yield Want("distance", "text" if distance == "text" else "topics")
    if params.get("source") in ("triples", "both"):
        yield Want("source", "triples")
    if params.get("source") == "catalogue":
        yield Want("source", "topics")
    if set(VIEWS) <= set(params) and not any(params[view] for view in VIEWS):
        yield Want(VIEWS[0], "none")


def _members(
    params: Mapping[str, Any], known: Callable[[str], Mapping[str, Any]]
) -> Iterator[Want]:
    seen: list[str] = []
    for place in MEMBERS:
        member = params[place]
        if member == "none":
            continue
        if member in seen:
            yield Want(place, "twice", member)
        seen.append(member)
        spec = known(member)
        if "time" in spec["needs"]:
            yield Want(place, "time", member)
        if spec["kind"] == "sequence":
            yield Want(place, "order", member)
