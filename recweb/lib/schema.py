"""What the API's description gets besides what each view says."""

import re
from typing import Any

SENTENCE = re.compile(r"^(.*?[.:;!?])(?:\s|$)", re.DOTALL)
MOST = 120  # characters: a summary stands beside its path on one line


def summaries(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """The first sentence of each description also as its summary: lists of routes show only it."""
    for methods in result["paths"].values():
        for operation in methods.values():
            text = " ".join(operation.get("description", "").split())
            if text and not operation.get("summary"):
                found = SENTENCE.match(text)
                first = found[1].rstrip(".:;") if found else text
                operation["summary"] = first if len(first) <= MOST else f"{first[:MOST]}…"
    return result
