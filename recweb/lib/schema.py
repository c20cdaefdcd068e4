"""What the API's description gets besides what each view says."""

import re
from typing import Any

SENTENCE = re.compile(r'^(.*?(?<!")[.:;!?])(?:\s|$)', re.DOTALL)  # not behind a name in quotes
METHODS = re.compile(r"(?<=[.;:]) (?=(?:GET|POST|PUT|PATCH|DELETE)\b)")
MOST = 120  # characters: a summary stands beside its path on one line


def summaries(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """The first sentence on each method also as its summary: lists of routes show only it."""
    for methods in result["paths"].values():
        for method, operation in methods.items():
            text = " ".join(operation.get("description", "").split())
            if text and not operation.get("summary"):
                operation["summary"] = summary(text, method.upper())
    return result


def summary(text: str, method: str) -> str:
    """What a view's text says of a method: the part that begins with its name, else the start."""
    parts = METHODS.split(text)
    mine = next((part for part in parts if part.startswith(f"{method} ")), parts[0])
    found = SENTENCE.match(mine)
    first = found[1].rstrip(".:;") if found else mine
    return first if len(first) <= MOST else f"{first[:MOST]}…"
