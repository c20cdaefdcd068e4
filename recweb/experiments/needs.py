"""What a model needs and the data may lack: said before a job is spent on finding out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from recweb.datasets.models import Version
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


def data_of(version: Version, rules: list[dict[str, Any]] | None = None) -> Data:
    """rules: of the run; default: the dataset's."""
    profile = version.profile
    rated = [rule.get("confidence") in RATED for rule in rules or version.dataset.rules or []]
    items = version.imports.model.objects.filter(dataset=version.dataset_id, kind="items")
    return Data(
        timed=bool(profile.get("quality", {}).get("has_times", True)),
        values=bool(profile.get("values")),
        rated=any(rated),
        text=items.filter(state="loaded").exists(),
        topics=bool(profile.get("topics")),
    )


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


def lacking(model: str, split: str, data: Data) -> tuple[str, str] | None:
    """(field, words) of the first thing that is not there, or None."""
    if split in TIMED and not data.timed:
        return "split", _("This log has no times: choose the random split, or import times.")
    spec = registry.model_spec(model)
    for need, missing, said in LACKS:
        if need in spec["needs"] and missing(data):
            return "model", said()
    if spec.get("kind") == "sequence" and split in UNTIMED:
        words = _("This model learns what follows what; a random split tears that apart. Choose "
                  "%(splits)s.")  # fmt: skip
        return "split", words % {"splits": ", ".join(TIMED)}
    return None
