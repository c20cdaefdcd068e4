"""What a version does not have: whose events were erased, and whom it leaves out."""

from typing import NamedTuple


class LeftOut(NamedTuple):
    """Bots, suspects, those without consent: in the log, and in no experiment."""

    users: int = 0
    events: int = 0


class Gone(NamedTuple):
    """Erased from a version since it was made, and what it has left; None: nobody counted."""

    users: int | None
    events: int | None
    users_left: int | None
    events_left: int | None
