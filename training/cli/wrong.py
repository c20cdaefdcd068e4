"""What the door turns away: exit code 2, in words that say what to do."""

from __future__ import annotations


class Wrong(ValueError):
    """Bad input; the text is shown as it is."""
