"""The JSON block of the trade-off page: 21 weights x a few people x 10 items, and the means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from recweb.datasets import rows
from recweb.datasets.models import Person
from recweb.experiments.models import Experiment
from recweb.tuning import lists as listing
from recweb.tuning.lists import Lists
from recweb.tuning.models import Frontier
from recweb.tuning.shelf import Missing, Shelf, Taste, shelf

PEOPLE = 6
STRIP = 12  # newest history items that are shown
REASONS = 2
TOPICS = 3
Json = dict[str, Any]


def grid(row: Frontier) -> list[float]:
    return [float(weight) for weight in row.points.get("weights", [])]


def means(row: Frontier) -> Json:
    """The four figures that the page draws, by weight."""
    k, metrics = row.points.get("k", row.k), row.points.get("metrics", {})
    names = {"relevance": f"ndcg@{k}", "variety": f"ild@{k}", "coverage": f"coverage@{k}",
             "tail": f"tail@{k}"}  # fmt: skip
    return {key: {"name": words(name), **metrics[name]} for key, name in names.items()
            if name in metrics}  # fmt: skip


def words(metric: str) -> str:
    head, _at, k = metric.partition("@")
    known = {"ndcg": "nDCG", "ild": "ILD", "coverage": _("Coverage"), "tail": _("Tail share")}
    return f"{known.get(head, head)}@{k}" if head in ("ndcg", "ild") else known.get(head, metric)


def whole(row: Frontier, others: Iterable[Frontier]) -> Json:
    """Everything but the people."""
    points = row.points
    k = points.get("k", row.k)
    change = points.get("change", {})
    return {
        "weights": grid(row),
        "k": k,
        "means": means(row),
        "change": {
            "relevance": change.get(f"ndcg@{k}"),
            "variety": change.get(f"ild@{k}"),
        },
        "knee": points.get("knee"),
        "rules": points.get("rules", []),
        "others": [{"id": other.experiment_id} for other in others],
    }


def chosen(row: Frontier, asked: Sequence[str]) -> tuple[list[tuple[int, str]], list[str]]:
    """(code, kind) of the people to show, and the ids asked for that are not in the data."""
    if not asked:
        return [(one["user"], one["kind"]) for one in row.points.get("people", [])], []
    dataset = row.experiment.dataset_id
    wanted = [rows.clean(name) for name in dict.fromkeys(asked)][:PEOPLE]
    known = dict(
        Person.objects.filter(dataset=dataset, outside_id__in=wanted).values_list(
            "outside_id", "code"
        )
    )
    kinds = {one["user"]: one["kind"] for one in row.points.get("people", [])}
    found = [(known[name], kinds.get(known[name], "")) for name in wanted if name in known]
    return found, [name for name in wanted if name not in known]


def open_shelf(row: Frontier) -> Shelf:
    return shelf(row.experiment, row.folder)


@dataclass(frozen=True)
class Draft:
    """One person's lists before the items have their names. gone: see `lists.without`."""

    kind: str
    taste: Taste
    made: Lists
    strip: list[int]
    because: listing.Reasons
    gone: dict[int, tuple[int, ...]]
    ends: list[float]

    @property
    def needed(self) -> set[int]:
        """Codes of all items that a card may name."""
        lost = {item for some in self.gone.values() for item in some}
        return self.made.codes | set(self.strip) | _sources(self.because) | lost


def draft(
    found: Shelf,
    dataset_id: int,
    who: tuple[int, str],
    weights: Sequence[float],
    k: int,
    what_if: bool = False,
) -> Draft:
    """(code, kind) of a person -> their lists. Weight 0 is there whatever is asked: moves are
    counted from it. what_if: also without which of the history an item would not be in that one.
    """
    code, kind = who
    taste = found.taste(dataset_id, code)
    made = listing.lists(found, taste, [0.0, *weights], k)
    return Draft(
        kind,
        taste,
        made,
        taste.history[::-1][:STRIP].tolist(),
        listing.reasons(found, taste, made.codes),
        listing.without(found, taste, made.items[0]) if what_if else {},
        # one weight asked: the page has the rest of this person already
        found.ends(taste, k) if len(weights) > 1 else [],
    )


def people(
    experiment: Experiment,
    found: Shelf,
    who: Sequence[tuple[int, str]],
    weights: Sequence[float],
    k: int,
) -> list[Json]:
    """Each person's lists at the weights, with what a card needs to draw them."""
    drafts = [draft(found, experiment.dataset_id, one, weights, k) for one in who]
    needed = {code for one in drafts for code in one.needed}
    named = rows.titles(experiment.dataset_id, needed) if needed else {}
    ids = rows.user_ids(experiment.dataset_id, [code for code, _kind in who])
    return [card(one, ids.get(one.taste.user, str(one.taste.user)), named) for one in drafts]


def card(one: Draft, outside_id: str, named: dict[int, rows.Named]) -> Json:
    shown = one.made.codes | set(one.strip) | _sources(one.because)
    return {
        "id": outside_id,
        "code": one.taste.user,
        "kind": one.kind,
        "n": len(one.taste.history),
        "held_out": one.taste.held_out,
        "fallback": one.taste.fallback,
        "first": one.made.items[0],
        "lists": one.made.items[1:],
        "relevance": [round(value, 4) for value in one.made.means],
        "ild": [None if value is None else round(value, 4) for value in one.made.ild],
        "hits": sorted(one.made.codes & one.taste.truth),
        "ends": one.ends,
        "history": one.strip,
        "items": {
            str(code): _item(named[code], one.made.relevance.get(code), one.because.get(code, []))
            for code in shown
            if code in named
        },
    }


def _sources(because: listing.Reasons) -> set[int]:
    return {item for listed in because.values() for item, _w, _k in listed[:REASONS]}


def _item(named: rows.Named, relevance: float | None, because: list[Any]) -> Json:
    made: Json = {"t": named.name, "id": named.outside_id, "c": named.topics[:TOPICS]}
    if relevance is not None:
        made["r"] = round(relevance, 3)
    if because:
        made["why"] = [[item, weight, kind[:1]] for item, weight, kind in because[:REASONS]]
    return made


__all__ = [
    "Draft",
    "Missing",
    "card",
    "chosen",
    "draft",
    "grid",
    "means",
    "open_shelf",
    "people",
    "whole",
]
