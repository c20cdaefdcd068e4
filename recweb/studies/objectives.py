"""What a study may look for: relevance always, diversity and cost beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recweb.studies.models import Trial

HEADLINE = "ndcg@10"


@dataclass(frozen=True)
class Objective:
    """measure: its name among a trial's values."""

    code: str
    name: str | Promise
    measure: str
    direction: Literal["maximize", "minimize"]
    help: str | Promise

    @property
    def arrow(self) -> str:
        return "↑" if self.direction == "maximize" else "↓"


OBJECTIVES = (
    Objective("relevance", _("Relevance"), HEADLINE, "maximize",
              _("nDCG@10: the held-out items stand high in the lists.")),
    Objective("diversity", _("Diversity"), "ild@10", "maximize",
              _("ILD@10: the items of a list are unlike each other.")),
    Objective("cost", _("Cost"), "cpu_seconds", "minimize",
              _("Seconds of all cores that a fit takes.")),
)  # fmt: skip
CODES = tuple(one.code for one in OBJECTIVES)


def chosen(codes: Iterable[str]) -> list[Objective]:
    """In the order of the table; relevance is always among them."""
    wanted = {"relevance", *codes}
    return [one for one in OBJECTIVES if one.code in wanted]


def values(trial: Trial, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """One figure an objective; None when the trial lacks one."""
    found = [trial.values.get(one.measure) for one in objectives]
    return None if None in found else tuple(float(value) for value in found)  # type: ignore[arg-type]


def front(points: Sequence[Sequence[float]], objectives: Sequence[Objective]) -> list[int]:
    """Positions of the points that no other is at least as good as in all and better in one.

    From the best to the worst of the first objective: only what came before can dominate, and
    what is dominated needs no second look. Of equal points all stay.
    """
    signs = [-1.0 if one.direction == "maximize" else 1.0 for one in objectives]
    lower = [tuple(s * v for s, v in zip(signs, point, strict=True)) for point in points]
    kept: list[int] = []
    for at in sorted(range(len(lower)), key=lambda at: lower[at]):
        if not any(_beats(lower[best], lower[at]) for best in kept):
            kept.append(at)
    return sorted(kept)


def _beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))


def best_of(trials: Sequence[Trial], objectives: Sequence[Objective]) -> set[int]:
    """Numbers of the rows that none dominates; with one objective the best alone."""
    points = [(trial.pk, found) for trial in trials if trial.state == "done"
              and (found := values(trial, objectives)) is not None]  # fmt: skip
    kept = front([found for _pk, found in points], objectives)
    return {points[at][0] for at in kept}
