"""Numbers as people read them: three significant digits, units, signs."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MISSING = "–"
THIN = "\u202f"  # keeps the groups of a number on one line
MINUS = "\u2212"


def _number(value: object) -> float | None:
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def sig3(value: object) -> str:
    """Three significant digits: 0.0432, 1.23, 45.6, 1 230."""
    number = _number(value)
    if number is None:
        return MISSING
    if number == 0:
        return "0"
    size = math.floor(math.log10(abs(float(f"{number:.2e}"))))
    if size < -4:
        return f"{number:.2e}".replace("-", MINUS)
    if size >= 3:
        return count(float(f"{number:.2e}"))
    return f"{number:.{2 - size}f}".replace("-", MINUS)


def pct(value: object) -> str:
    """A share as percent: 0.0432 is 4.32 %."""
    number = _number(value)
    return MISSING if number is None else f"{sig3(number * 100)}{THIN}%"


SHARES = ("coverage", "tail")  # metrics that are a part of a whole: in percent wherever they stand


def is_share(metric: str) -> bool:
    return metric.partition("@")[0] in SHARES


def figure(value: object, metric: str) -> str:
    """The value of a metric, written as the metric is: coverage 5.72 %, nDCG 0.0432."""
    return pct(value) if is_share(metric) else sig3(value)


def signed(value: object) -> str:
    number = _number(value)
    if number is None:
        return MISSING
    return "+" + sig3(number) if number > 0 else sig3(number)


def count(value: object) -> str:
    """1 234 567: groups that read the same in every language."""
    number = _number(value)
    if number is None:
        return MISSING
    return f"{round(number):,}".replace(",", THIN).replace("-", MINUS)


def bytes_(value: object) -> str:
    number = _number(value)
    if number is None:
        return MISSING
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 1000:
            return f"{sig3(number)}{THIN}{unit}"
        number /= 1000
    return f"{sig3(number)}{THIN}TB"


def minutes(seconds: object) -> str:
    """A length of time given in seconds: 42 s, 11 min, 2 h 5 min; an int is whole seconds: 8 s."""
    number = _number(seconds)
    if number is None:
        return MISSING
    whole = round(number)
    if whole < 60:
        exact = number < 10 and not isinstance(seconds, int)
        return _("%(n)s s") % {"n": sig3(number) if exact else whole}
    if whole < 3600:
        return _("%(n)d min") % {"n": round(number / 60)}
    hours, rest = divmod(round(number / 60), 60)
    return _("%(h)d h %(m)d min") % {"h": hours, "m": rest}


def _length(seconds: float) -> str:
    """The largest unit that fits, in words."""
    days, hours, mins = int(seconds // 86400), int(seconds // 3600), int(seconds // 60)
    if days >= 365:
        return ngettext("%(n)d year", "%(n)d years", days // 365) % {"n": days // 365}
    if days >= 30:
        return ngettext("%(n)d month", "%(n)d months", days // 30) % {"n": days // 30}
    if days:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if hours:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    if mins:
        return ngettext("%(n)d minute", "%(n)d minutes", mins) % {"n": mins}
    return ngettext("%(n)d second", "%(n)d seconds", int(seconds)) % {"n": int(seconds)}


def ago(seconds: float) -> str:
    """How long ago, or, when negative, how far ahead."""
    if abs(seconds) < 10:
        return _("just now")
    length = {"length": _length(abs(seconds))}
    return (_("%(length)s ago") if seconds > 0 else _("in %(length)s")) % length
