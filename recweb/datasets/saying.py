"""The places in a text of training's, filled with what it is about."""

from typing import Any


def fill(text: str, details: dict[str, Any]) -> str:
    """The text with its named values; one that was not kept is an ellipsis."""
    return text.format_map(_Said({name: _plain(value) for name, value in details.items()}))


class _Said(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"


def _plain(value: Any) -> Any:
    """5 rather than 5.0."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if whole else value
