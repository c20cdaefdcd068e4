"""What the worker is doing with a run, in the language of the job's owner."""

from django.utils.translation import gettext as _


def in_words(step: str) -> str:
    """training/ names its steps in English; one that is not known here is shown as it came."""
    known = {
        "read the log": _("read the log"),
        "texts": _("texts"),
        "fit": _("fit"),
        "baseline": _("baseline"),
        "count": _("count"),
        "decompose": _("decompose"),
        "draw": _("draw"),
        "gram": _("gram"),
        "invert": _("invert"),
        "weights": _("weights"),
        "weight": _("weight"),
        "iteration": _("iteration"),
        "epoch": _("epoch"),
        "similarities": _("similarities"),
        "walks": _("walks"),
        "transitions": _("transitions"),
        "questions": _("questions"),
        "rank": _("rank"),
        "validation": _("validation"),
        "test": _("test"),
        "done": _("done"),
    }
    return known.get(step, step)
