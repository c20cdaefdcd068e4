"""Whether a language model knows the script of some texts, by what its tokenizer makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.encoders.reader import Reader

MOST_UNREAD = 0.2  # share of the letters from which on a model does not know the language
ASKED = 2000  # texts: enough to tell a share to a hundredth
SPELT = 0.8  # pieces per letter from which on a word is spelt, not read
IDEOGRAPHS, BYTES = "\u2e80", 1.5  # from here on a letter is a word; more pieces are its bytes
SHORT = 3  # letters of a word that any tokenizer may spell


def unread(reader: Reader, texts: Sequence[str]) -> float:
    """Share of the letters that become an unknown token or are spelt one by one, 0..1.

    0: every word is known to the tokenizer; 1: nothing is. A small share says that the model has
    met the script, not that it was taught the language. Texts without letters: 0.
    """
    step = max(1, len(texts) // ASKED)
    sample = [text for text in texts[::step] if text]
    strange = reader.tokens.token_to_id(_unknown(reader))
    letters = lost = 0
    for text, found in zip(sample, reader.tokens.encode_batch(sample), strict=True):
        all_, bad = _counted(text, found, strange)
        letters, lost = letters + all_, lost + bad
    return lost / letters if letters else 0.0


def _counted(text: str, found: Any, strange: int | None) -> tuple[int, int]:
    """(letters, letters that are not read) of one text."""
    words: dict[int, list[tuple[int, int, int]]] = {}
    pieces = zip(found.word_ids, found.ids, found.offsets, strict=True)
    for word, number, (start, stop) in pieces:
        if word is not None:
            words.setdefault(word, []).append((number, start, stop))
    total = lost = 0
    for parts in words.values():
        first, last = min(part[1] for part in parts), max(part[2] for part in parts)
        letters = sum(letter.isalpha() for letter in text[first:last])
        unknown = any(number == strange for number, _, _ in parts)
        signs = text[first:last] >= IDEOGRAPHS
        most = BYTES if signs else SPELT
        spelt = (signs or letters > SHORT) and len(parts) >= most * letters
        total += letters
        lost += letters if unknown or spelt else 0
    return total, lost


def _unknown(reader: Reader) -> str:
    for name in ("[UNK]", "<unk>", "<|unk|>"):
        if reader.tokens.token_to_id(name) is not None:
            return name
    return ""
