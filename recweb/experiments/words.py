"""What a run's figures say, as sentences; names from the registries in the reader's language."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from recweb.experiments.models import Experiment
from recweb.experiments.orders import model_name
from recweb.lib import numbers
from training import registry

HEADLINE = "ndcg@10"
ORDER = (HEADLINE, "recall@10", "ild@10", "epc@10")  # the database sorts keys by length


def say(text: Any) -> str:
    """A text of a registry in the page's language."""
    if isinstance(text, dict):
        return str(text.get(get_language() or "en") or text.get("en", ""))
    return str(text or "")


def setting(value: object) -> str:
    """The value of a setting as the form of a run words it."""
    if value is None:
        return numbers.MISSING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def metric_id(metric: str) -> str:
    return metric.partition("@")[0]


def metric_name(metric: str) -> str:
    """ndcg@10 -> nDCG@10."""
    head, at, k = metric.partition("@")
    spec = registry.metrics().get(head)
    return f"{say(spec['name'])}{at}{k}" if spec else metric


def metric_help(metric: str) -> str:
    return say(registry.metrics().get(metric_id(metric), {}).get("help"))


def direction(metric: str) -> str:
    """up, down or none: what is better."""
    return str(registry.metrics().get(metric_id(metric), {}).get("direction", "none"))


def arrow(metric: str) -> str:
    return {"up": "↑", "down": "↓"}.get(direction(metric), "")


def p_value(p: float | None) -> str:
    if p is None:
        return numbers.MISSING
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def share(difference: float | None, base: float | None) -> str:
    """The difference in percent of the baseline's mean, signed."""
    if difference is None or not base:
        return ""
    return f"{numbers.signed(100 * difference / abs(base))}{numbers.THIN}%"


def gap(metric: str, difference: float | None) -> str:
    """A difference, signed; of what is written in percent it is in points."""
    if difference is None or not numbers.is_share(metric):
        return numbers.signed(difference)
    return _("%(n)s points") % {"n": numbers.signed(100 * difference)}


def gap_ends(metric: str, cell: dict[str, Any]) -> str:
    times = 100 if numbers.is_share(metric) else 1
    ends = (cell.get(end) for end in ("lo", "hi"))
    return " … ".join(numbers.signed(None if end is None else times * end) for end in ends)


def code(metric: str, cell: dict[str, Any]) -> str:
    """better, worse or noise of a stored difference, which was judged as if up were better."""
    found = str(cell.get("code", "noise"))
    if found == "noise" or direction(metric) == "up":
        return found
    if direction(metric) == "none":
        return "differs"
    return "worse" if found == "better" else "better"


def code_words(found: str) -> str:
    return {
        "better": _("better"),
        "worse": _("worse"),
        "noise": _("within noise"),
        "differs": _("differs"),
    }.get(found, found)


@dataclass(frozen=True)
class Verdict:
    code: str  # better, worse, noise, or "" when there is nothing to compare with
    text: str
    rest: str = ""


def in_order(cells: dict[str, Any]) -> dict[str, Any]:
    known = [name for name in ORDER if name in cells]
    return {name: cells[name] for name in [*known, *(n for n in cells if n not in ORDER)]}


def verdict(run: Experiment) -> Verdict | None:
    """Against the baseline on the headline metric, then what it costs or brings elsewhere."""
    if run.state != "done":
        return None
    if run.model == "pop":
        text = _("This is the baseline itself: every other run on the same split is held to it.")
        return Verdict("", text)
    return judged(run.model, run.verdict or {})


def judged(model: str, found: dict[str, Any]) -> Verdict | None:
    """A stored comparison with its baseline as a sentence; None when it compares nothing."""
    cells = found.get("metrics") or {}
    cell = cells.get(HEADLINE)
    if not cell or cell.get("difference") is None:
        return None
    code = str(cell.get("code", "noise"))
    against = str(found.get("baseline", "pop"))
    base = _("popularity") if against == "pop" else model_name(against)
    facts = facts_of(cell) | {"model": model_name(model), "base": base}
    return Verdict(code, VERDICTS[code]() % facts, elsewhere(cells))


def facts_of(cell: dict[str, Any]) -> dict[str, str]:
    percent = share(cell.get("difference"), cell.get("baseline_mean"))
    return {
        "metric": metric_name(HEADLINE),
        "gap": numbers.signed(cell.get("difference")),
        "share": f", {percent}" if percent else "",
        "lo": numbers.signed(cell.get("lo")),
        "hi": numbers.signed(cell.get("hi")),
        "p": p_value(cell.get("p")),
    }


VERDICTS = {
    "better": lambda: _(
        "%(model)s beats %(base)s on %(metric)s: %(gap)s%(share)s "
        "(95 %% interval %(lo)s to %(hi)s, %(p)s)."
    ),
    "worse": lambda: _(
        "%(model)s cannot beat %(base)s: it is worse on %(metric)s, %(gap)s%(share)s "
        "(95 %% interval %(lo)s to %(hi)s, %(p)s)."
    ),
    "noise": lambda: _(
        "%(model)s cannot beat %(base)s so far: the difference on %(metric)s is within noise, "
        "%(gap)s%(share)s (95 %% interval %(lo)s to %(hi)s, %(p)s)."
    ),
}


def elsewhere(cells: dict[str, dict[str, Any]]) -> str:
    """The other metrics of the verdict in one sentence."""
    by_code: dict[str, list[str]] = {}
    for metric, cell in in_order(cells).items():
        if metric != HEADLINE:
            by_code.setdefault(code(metric, cell), []).append(metric_name(metric))
    parts = []
    for found, words in (
        ("better", _("better on %(names)s")),
        ("worse", _("worse on %(names)s")),
        ("noise", _("within noise on %(names)s")),
    ):
        if found in by_code:
            parts.append(words % {"names": _(", ").join(by_code[found])})
    return _("Elsewhere: %(parts)s.") % {"parts": _("; ").join(parts)} if parts else ""


def labels(run: Experiment) -> Verdict | None:
    """What the labels bought, of a child; None for other runs."""
    facts = run.labels_facts or {}
    if not facts.get("n"):
        return None
    n = int(facts["n"])
    start = ngettext(
        "%(n)d label on %(users)d users, %(relevant)d of them relevant.",
        "%(n)d labels on %(users)d users, %(relevant)d of them relevant.",
        n,
    ) % {"n": n, "users": facts.get("n_users", 0), "relevant": facts.get("n_relevant", 0)}
    if facts.get("apart"):
        words = _("The parent was measured on another version, split or event rules, so nothing "
                  "can be compared.")  # fmt: skip
        return Verdict("", start, words)
    cell = (facts.get("metrics") or {}).get(HEADLINE)
    if not cell or cell.get("difference") is None:
        return Verdict("", start, _("The parent has no lists to compare with."))
    found = str(cell.get("code", "noise"))
    return Verdict(found, start, BOUGHT[found]() % facts_of(cell))


BOUGHT = {
    "better": lambda: _(
        "They bought %(gap)s%(share)s on %(metric)s (95 %% interval %(lo)s to %(hi)s, %(p)s)."
    ),
    "worse": lambda: _(
        "They cost %(gap)s%(share)s on %(metric)s (95 %% interval %(lo)s to %(hi)s, %(p)s)."
    ),
    "noise": lambda: _(
        "What they changed is within noise: %(gap)s%(share)s on %(metric)s "
        "(95 %% interval %(lo)s to %(hi)s, %(p)s). More labels are needed to tell."
    ),
}


SPLIT_WORDS = {
    "auto": lambda: _("One cut in time, or by each user's own time where that leaves too few."),
    "temporal": lambda: _("One cut in time for all: nothing from the future is learnt from."),
    "user-temporal": lambda: _("Each user's own history by time; leaks between users."),
    "leave-last": lambda: _("The last event of each user is test, the one before validation."),
    "random": lambda: _("A random tenth of each history; leaks, needs no times."),
    "cold-item": lambda: _("Items that training never saw."),
    "cold-user": lambda: _("Users that training never saw."),
}
BECAUSE = {
    "few-temporal-test-users": lambda: _(
        "One cut in time would leave fewer than 200 test users with a history, so each user's own "
        "history is divided by time."
    ),
    "order-only": lambda: _(
        "This log has an order and no times, so each user's last item is the test."
    ),
    "no-times": lambda: _("This log has no times, so the split is random."),
    "one-time": lambda: _("All events carry the same time, so the split is random."),
}


def because(found: str) -> str:
    return BECAUSE[found]() if found in BECAUSE else ""
