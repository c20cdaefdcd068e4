"""How a file is to be read, as the API and a terminal say it: checked before anything is stored.

Whether an encoding, a delimiter, a zone or a format is one that is known, the file's check says,
in its own words; here are names and shapes.
"""

from typing import Any

from django.utils.translation import gettext as _

from recweb.datasets import tasks
from recweb.lib import parsers

TEXTS = ("encoding", "delimiter", "zone", "event", "format", "industry", "decimal")
SWITCHES = ("day_first", "header", "anonymous", "keep_damaged_ids", "cap")
KNOWN = (*TEXTS, *SWITCHES, "scale", "events")
LONGEST = 64  # characters of an event's name, and of any other text here
MOST = 100  # kinds of event


class Wrong(Exception):
    """What is wrong with the options, in words."""


def check(given: dict[str, Any]) -> dict[str, Any]:
    """The options without those that say nothing. Raises Wrong naming the first that is wrong."""
    made = {name: value for name, value in given.items() if value not in (None, "", {}, [])}
    for name, value in made.items():
        if name not in KNOWN:
            words = _("There is no option “%(name)s”. Known are: %(known)s.")
            raise Wrong(words % {"name": str(name)[:80], "known": ", ".join(KNOWN)})
        _check(name, value)
    return made


def _check(name: str, value: Any) -> None:
    if name in SWITCHES:
        sound, words = isinstance(value, bool), _("The option “%(name)s” is true or false.")
    elif name == "scale":
        sound, words = is_scale(value), _("The option “scale” is [least, largest].")
    elif name == "events":
        sound = isinstance(value, dict) and len(value) <= MOST
        sound = sound and all(map(_short, [*value, *value.values()]))
        words = _("The option “events” is {name in the file: name to use}, of at most 100 events.")
        if sound and _parted(line(value)) != value:  # the page of its columns would say another
            sound, words = (
                False,
                _("The names in “events” hold no comma, no = and no outer blanks."),
            )
    else:
        sound = _short(value)
        words = _("The option “%(name)s” is a text of at most 64 characters.")
        if name == "decimal":
            sound, words = value in (".", ","), _("The option “decimal” is “.” or “,”.")
        elif sound and name == "industry":
            sound = value == "none" or value in tasks.templates()
            words = _("The option “industry” is none or one of those that templates/ lists.")
    if not sound:
        raise Wrong(words % {"name": name} if "%(name)s" in words else words)


def _short(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST


def is_scale(value: Any) -> bool:
    """Two finite numbers, the lesser first."""
    if not isinstance(value, list | tuple) or len(value) != 2 or parsers.unfit(list(value)):
        return False
    plain = [each for each in value if type(each) in (int, float)]
    return len(plain) == 2 and plain[0] < plain[1]


def line(events: dict[str, str]) -> str:
    """As `events` reads it."""
    return ", ".join(f"{old}={new}" for old, new in events.items())


def _parted(text: str) -> dict[str, str]:
    parts = [part.partition("=") for part in text.replace("，", ",").split(",") if part.strip()]
    return {old.strip(): new.strip() if equals else old.strip() for old, equals, new in parts}


def events(text: str) -> dict[str, str]:
    """`pv=view, buy=purchase, cart` as {"pv": "view", ...}; a name alone keeps it. Raises Wrong."""
    made = _parted(text)
    for old, new in made.items():
        if not (_short(old) and _short(new)):
            words = _("“%(part)s” is no event: write pv=view, buy=purchase.")
            raise Wrong(words % {"part": f"{old}={new}"[:80]})
    if len(made) > MOST:
        raise Wrong(_("At most 100 events can be named."))
    return made
