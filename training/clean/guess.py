"""The encoding of a text that is not UTF-8: which ones fit, which is likely, is it sure.

An encoding fits when the top of the file decodes by its strict rules and most of what comes out is
usual there: the common half of the Chinese characters, Korean syllables, single accented letters.
Only the encodings of Chinese, Japanese and Korean can be sure; any byte is a letter in Latin ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from training.clean.report import Options, Reading
from training.clean.sniff import ENCODINGS, has_mark, looks_like_utf_16, utf_16
from training.clean.source import HEAD, Source

LOOK = 8 * 2**20  # bytes of the top
LINES = 5  # that are shown, of those that are not plain ASCII
LINE = 200  # characters of them
PART = 65_536  # bytes of such lines that are judged
FITS = 0.6  # of the characters are usual
SURE = 0.9
CLEAR = 0.25  # ahead of the next one
ENOUGH = 16  # bytes beyond ASCII: fewer may be chance
FOREIGN = (b"PAR1", b"PK\x03\x04")  # Parquet, XLSX
SIGNS = "‘’“”‚„–—…•€™®©°´·¿¡«»½¼¾²³£§ªº×"
HIGH = re.compile(rb"[\x80-\xff]+")
# one character on its own between letters: an accent, cut out of a word together with its neighbour
ALONE = re.compile(
    r"(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[A-Za-z])"
)


@dataclass(frozen=True)
class Guess:
    """What the top of a file that is not UTF-8 may be, likeliest first (never empty).

    names: keys of ENCODINGS; sure: the first is clearly ahead of all others; lines: (number, bytes)
    of the first lines that tell them apart.
    """

    names: tuple[str, ...]
    sure: bool
    lines: tuple[tuple[int, bytes], ...]

    def readings(self) -> tuple[Reading, ...]:
        """The telling lines, as each encoding reads them."""
        return tuple(
            Reading(name, tuple((number, _shown(line, name)) for number, line in self.lines))
            for name in self.names
        )


@dataclass(frozen=True)
class Settled:
    """Options that name an encoding where one was found; readings: see Guess, () for UTF-8."""

    options: Options
    readings: tuple[Reading, ...] = ()
    sure: bool = True


def settle(path: Path, options: Options, *, likely: bool) -> Settled:
    """How to read a file of text for which nobody has chosen an encoding.

    A sure guess is taken; one that is not sure only where somebody looks at the rows before
    anything is done with them (likely). What was chosen stays. Raises Refused, OSError.
    """
    source = Source(path, options.limits)
    if has_mark(source.head) or source.head.startswith(FOREIGN):
        return Settled(options)
    with source.open() as stream:
        top = stream.read(LOOK)
    found = guess(top, cut=len(top) == LOOK)
    if found is None:
        return Settled(options)
    chosen = (options.encoding or "").lower()
    if chosen in ENCODINGS:
        names = (chosen, *(name for name in found.names if name != chosen))
        return Settled(options, replace(found, names=names).readings())
    if options.encoding is None and (found.sure or likely):
        options = replace(options, encoding=found.names[0])
    return Settled(options, found.readings(), found.sure)


def guess(top: bytes, *, cut: bool = False) -> Guess | None:
    """What these first bytes of a file may be; cut: more follow.

    None for UTF-8, and for what is no text in an encoding that is known here.
    """
    if looks_like_utf_16(top[:HEAD]):
        return Guess(("utf-16",), sure=False, lines=((1, top[:LINE]),))
    if cut:  # none of the encodings has the byte of a line end within a letter
        top = top[: max(top.rfind(b"\n"), top.rfind(b"\r")) + 1] or top
    if _decodes(top, "utf-8") or top.count(0) * 10 > len(top):
        return None
    lines = _telling(top)
    part = b"\n".join(line for _, line in lines)
    scores = {name: _score(part, name) for name in SCORES if _decodes(top, name)}
    # Korean syllables lie where common Chinese characters do; those spread over more than that
    korean = _high(part) >= 2 * ENOUGH
    ranked = sorted(scores, key=lambda name: (-scores[name], (name == "euc-kr") != korean))
    names = tuple(name for name in ranked if scores[name] >= FITS)
    if not names:  # rare characters, then: for somebody's eyes. Latin would always be among them
        names = tuple(name for name in ranked if name != "cp1252")
    if not names:
        return None
    next_best = scores[names[1]] if len(names) > 1 else 0.0
    best = scores[names[0]]
    clear = best >= SURE and best - next_best >= CLEAR and _high(part) >= ENOUGH
    return Guess(names, clear and names[0] != "cp1252", lines[:LINES])


def _decodes(top: bytes, name: str) -> bool:
    try:
        top.decode(ENCODINGS[name])
    except UnicodeDecodeError:
        return False
    return True


def _high(part: bytes) -> int:
    return sum(map(len, HIGH.findall(part)))


def _score(part: bytes, name: str) -> float:
    """Share of the characters beyond ASCII that are usual in this encoding, 0 to 1."""
    text = part.decode(ENCODINGS[name], "replace")
    if name == "cp1252":
        return _latin(part, text)
    usual = SCORES[name]
    counts = Counter(letter for letter in text if letter > "\x7f")
    good = sum(n for letter, n in counts.items() if usual(letter)) - len(ALONE.findall(text))
    return max(0, good) / max(1, counts.total())


def _latin(part: bytes, text: str) -> float:
    """Accented letters stand alone or by twos among plain ones; long runs are another script."""
    runs = HIGH.findall(part)
    short = sum(len(run) for run in runs if len(run) <= 2)
    odd = sum(letter > "\x7f" and not (letter.isalpha() or letter in SIGNS) for letter in text)
    return max(0, short - odd) / max(1, _high(part))


def _chinese(letter: str) -> bool:
    lead = letter.encode("gb2312", "ignore")[:1]
    return b"\xb0" <= lead <= b"\xd7" or b"\xa1" <= lead <= b"\xa3"


def _traditional(letter: str) -> bool:
    return b"\xa1" <= letter.encode("big5", "ignore")[:1] <= b"\xc6"


def _japanese(letter: str) -> bool:
    lead = letter.encode("shift_jis", "ignore")[:1]
    return b"\x81" <= lead <= b"\x83" or b"\x88" <= lead <= b"\x97"


def _korean(letter: str) -> bool:
    lead = letter.encode("euc-kr", "ignore")[:1]
    return b"\xb0" <= lead <= b"\xc8" or b"\xa1" <= lead <= b"\xa2"


SCORES: dict[str, Callable[[str], bool]] = {
    "gb18030": _chinese,
    "big5": _traditional,
    "shift_jis": _japanese,
    "euc-kr": _korean,
    "cp1252": str.isalpha,
}


def _telling(top: bytes) -> tuple[tuple[int, bytes], ...]:
    """The first lines with anything beyond ASCII, PART bytes of them."""
    found, size = [], 0
    for number, line in enumerate(top.splitlines(), start=1):
        if not line.isascii():
            found.append((number, line))
            size += len(line)
            if size >= PART:
                break
    return tuple(found)


def _shown(line: bytes, name: str) -> str:
    codec = utf_16(line) if name == "utf-16" else ENCODINGS[name]
    return line.decode(codec, "replace").replace("\x00", "␀").strip()[:LINE]
