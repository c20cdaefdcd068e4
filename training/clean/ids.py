"""Outside ids: text, byte for byte. `007` is not `7`, `U1` is not `u1`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from training.clean.reasons import Value
from training.clean.report import Note, Options

BLANKS = " \t\u00a0\u3000"
CONTROL = re.compile(r"[\x00-\x1f]")
DAMAGED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
Fault = tuple[str, dict[str, Value]]


class Ids(dict[str, int]):
    """Raw cell -> code of its id, or a negative number for a fault; each text is judged once."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options
        self.texts: list[str] = []
        self.codes: dict[str, int] = {}
        self.faults: list[Fault] = []
        self.trimmed = 0

    def __missing__(self, raw: str) -> int:
        text = raw.strip(BLANKS)
        fault = self._fault(text)
        if fault:
            self.faults.append(fault)
            code = -len(self.faults)
        else:
            self.trimmed += text != raw
            code = self.codes.setdefault(text, len(self.texts))
            if code == len(self.texts):
                self.texts.append(text)
        self[raw] = code
        return code

    def fault(self, code: int) -> Fault:
        """The fault behind a negative code."""
        return self.faults[-code - 1]

    def _fault(self, text: str) -> Fault | None:
        limit = self.options.limits.id
        if not text:
            return ("id-empty", {})
        if len(text) > limit or len(text.encode()) > limit:
            return ("id-too-long", {"limit": limit})
        control = CONTROL.search(text)
        if control:
            return ("id-control-character", {"character": name_of(control[0])})
        if not self.options.keep_damaged_ids and DAMAGED.fullmatch(text):
            return ("id-spreadsheet-damage", {"value": text})
        return None


def name_of(character: str) -> str:
    """A control character as U+0000 writes it."""
    return f"U+{ord(character):04X}"


def twins(texts: Iterable[str]) -> list[Note]:
    """Notes on ids that differ only in capitals, or that look the same."""
    folded: dict[str, str] = {}
    seen: dict[str, str] = {}
    case: list[str] = []
    alike: list[str] = []
    for text in texts:
        if text.isdigit() and text.isascii():
            continue  # nothing to fold: the common case stays cheap
        if folded.setdefault(text.casefold(), text) != text:
            case.append(text)
        elif seen.setdefault(_skeleton(text), text) != text:
            alike.append(text)
    notes = []
    if case:
        notes.append(Note("ids-differ-in-case", {"count": len(case), "example": case[0]}))
    if alike:
        notes.append(Note("ids-look-alike", {"count": len(alike), "example": alike[0]}))
    return notes


def _skeleton(text: str) -> str:
    if text.isascii():
        return text
    visible = (letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", "".join(visible))
