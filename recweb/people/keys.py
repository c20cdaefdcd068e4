"""The keys that can be given other places: usual key -> what it does."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVERYWHERE: dict[str, str | Promise] = {
    "?": _("Keys of this page"),
    "/": _("Search"),
    "[": _("Show or hide the navigation"),
    "g h": _("Go to Home"),
    "g d": _("Go to Data"),
    "g e": _("Go to Experiments"),
    "g t": _("Go to Trade-off"),
    "g l": _("Go to Label"),
    "g j": _("Go to Jobs"),
}
LABELLING: dict[str, str | Promise] = {
    "1": _("First answer"),
    "2": _("Second answer"),
    "3": _("Third answer"),
    "4": _("Fourth answer"),
    "z": _("Undo"),
    "f": _("Flag"),
    "n": _("Note"),
    "h": _("Guideline"),
}
ALL = {**EVERYWHERE, **LABELLING}


def clean(given: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """(the map of what differs, the usual keys whose wish cannot be met).

    A wish is one character, or two with a blank between; two actions never share a key.
    """
    wishes = {usual: given.get(usual, "").strip() or usual for usual in ALL}
    taken: dict[str, int] = {}
    for wish in wishes.values():
        taken[wish] = taken.get(wish, 0) + 1
    bad = [usual for usual, wish in wishes.items() if taken[wish] > 1 or not _possible(wish)]
    return {usual: wish for usual, wish in wishes.items() if wish != usual}, bad


def _possible(wish: str) -> bool:
    parts = wish.split(" ")
    return len(parts) <= 2 and all(len(part) == 1 and part.isprintable() for part in parts)
