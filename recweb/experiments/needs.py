"""What a model needs and the data may lack: said before a job is spent on finding out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets.models import Kind, Version
from training import registry

TIMED = ("temporal", "user-temporal", "leave-last")
RATED = ("value", "one+value")  # confidences that keep what was given
UNTIMED = ("random",)  # splits that tear a history's order apart


@dataclass(frozen=True)
class Data:
    """What the needs of models are held against."""

    timed: bool
    values: bool
    rated: bool  # the event rules take the value as it is, so that it can be learnt
    text: bool
    topics: bool
    graph: bool = False  # triples, or categories to make edges of
    vectors: bool = False  # the catalogue came with vectors of its own
    graded: bool = False  # some positives count more than others
    triples: bool = False


def data_of(version: Version, rules: list[dict[str, Any]] | None = None) -> Data:
    """rules: of the run; default: the dataset's."""
    profile = version.profile
    chosen = rules or version.dataset.rules or []
    rated = [rule.get("confidence") in RATED for rule in chosen]
    files = version.imports.model.objects.filter(dataset=version.dataset_id, state="loaded")
    kinds = set(files.filter(kind__in=(Kind.ITEMS, Kind.TRIPLES)).values_list("kind", flat=True))
    return Data(
        timed=bool(profile.get("quality", {}).get("has_times", True)),
        values=bool(profile.get("values")),
        rated=any(rated),
        text=Kind.ITEMS in kinds,
        topics=bool(profile.get("topics")),
        graph=bool(profile.get("topics")) or Kind.TRIPLES in kinds,
        vectors=bool(profile.get("modalities")),
        graded=_graded(profile, chosen),
        triples=Kind.TRIPLES in kinds,
    )


def _graded(profile: dict[str, Any], rules: list[dict[str, Any]]) -> bool:
    """Whether one positive counts more than another by these rules."""
    known = {name for name, _n in profile.get("events", [])}
    mine = [rule for rule in rules if rule.get("event") in known]
    by_value = any(rule.get("confidence", "one") != "one" for rule in mine)
    return (by_value and bool(profile.get("values"))) or len(
        {rule.get("weight", 1.0) for rule in mine}
    ) > 1


LACKS: tuple[tuple[str, Callable[[Data], bool], Callable[[], str]], ...] = (
    (
        "text",
        lambda data: not data.text,
        lambda: _("This model reads item texts, and no item file was uploaded: add one."),
    ),
    (
        "topics",
        lambda data: not data.topics,
        lambda: _("This model reads categories of items, and none were uploaded: add an item "
                  "file with a column of categories."),
    ),
    (
        "graph",
        lambda data: not data.graph,
        lambda: _("This model reads what is known of items, and neither triples (item, relation, "
                  "entity) nor categories were uploaded: add a file of one of them."),
    ),
    (
        "vectors",
        lambda data: not data.vectors,
        lambda: _("This model reads vectors that the catalogue brings along, and there are none: "
                  "add an item file with a column such as image_vector, a list of numbers in each "
                  "cell, or let an image encoder make them (Vectors of the dataset)."),
    ),
    (
        "grades",
        lambda data: not data.graded,
        lambda: _("This model learns what satisfies beside what is taken, and by the event rules "
                  "every positive counts the same: give the stronger event more weight, or let "
                  "ratings count as much as their value (Settings of the dataset)."),
    ),
    (
        "ratings",
        lambda data: not data.values,
        lambda: _("This model predicts ratings, and the log has no values."),
    ),
    (
        "ratings",
        lambda data: not data.rated,
        lambda: _("This model predicts ratings, and by the event rules every positive counts 1: "
                  "let it count as much as its value (Settings of the dataset), or choose a "
                  "model for lists."),
    ),
    (
        "time",
        lambda data: not data.timed,
        lambda: _("This model needs times, and the log has none."),
    ),
)  # fmt: skip


def unfit(model: str, data: Data) -> str:
    """Why the model cannot run on this data, whatever the split; "" when it can."""
    off = registry.endpoint_fault(model, get_language() or "en")
    if off:
        return off
    needed = registry.model_spec(model)["needs"]
    found = (said for need, missing, said in LACKS if need in needed and missing(data))
    return next((said() for said in found), "")


def unfits(data: Data) -> dict[str, str]:
    """Each model that cannot run here with its reason: said on its card before it is chosen."""
    reasons = {model: unfit(model, data) for model in registry.models()}
    return {model: said for model, said in reasons.items() if said}


def lacking(model: str, split: str, data: Data) -> tuple[str, str] | None:
    """(field, words) of the first thing that is not there, or None."""
    if split in TIMED and not data.timed:
        return "split", _("This log has no times: choose the random split, or import times.")
    spec = registry.model_spec(model)
    if said := unfit(model, data):
        return "model", said
    if spec.get("kind") == "sequence" and split in UNTIMED:
        words = _("This model learns what follows what; a random split tears that apart. Choose "
                  "%(splits)s.")  # fmt: skip
        return "split", words % {"splits": ", ".join(TIMED)}
    return None


ASKED: dict[str, Callable[[], str]] = {
    "time": lambda: _("It weighs events by their age, and the log has no times: leave it at 1, or "
                      "import times."),
    "text": lambda: _("It reads item texts, and no item file was uploaded: add one, or choose "
                      "otherwise."),
    "topics": lambda: _("It reads categories of items, and none were uploaded: add an item file "
                        "with a column of categories, or choose otherwise."),
    "triples": lambda: _("It reads triples (item, relation, entity), and none were uploaded: add a "
                         "file of them, or choose otherwise."),
    "twice": lambda: _("%(name)s stands here twice: a blend is of different models."),
    "none": lambda: _("Switch on at least one view: behaviour, catalogue or text."),
    "order": lambda: _("%(name)s learns what follows what; a random split tears that apart. Choose "
                       "%(splits)s, or another model here."),
}  # fmt: skip


def unmet(model: str, params: dict[str, Any], split: str, data: Data) -> tuple[str, str] | None:
    """(parameter, words) of the first setting that the data or the split cannot bear, or None."""
    lacks: dict[str, bool] = {
        "time": not data.timed,
        "text": not data.text,
        "topics": not data.topics,
        "triples": not data.triples,
        "order": split in UNTIMED,
        "twice": True,
        "none": True,
    }
    found = next((one for one in registry.wants(model, params) if lacks[one.code]), None)
    return None if found is None else (found.field, _asked(found.code, found.model))


def _asked(code: str, member: str) -> str:
    """member: the model of a blend that asks, or ""."""
    names: dict[str, str] = registry.model_spec(member)["name"] if member else {}
    facts = {"name": names.get(get_language() or "en", names.get("en", "")),
             "splits": ", ".join(TIMED)}  # fmt: skip
    if code == "time" and member:
        return _("%(name)s needs times, and the log has none: choose another model here.") % facts
    return ASKED[code]() % facts
