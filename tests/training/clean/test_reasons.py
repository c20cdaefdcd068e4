from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import training.clean
from training.clean import NOTES, REASONS, REFUSALS, ROWS, Refused

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|empty")
# texts of that shape that are no codes: encodings
ENCODINGS = {"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "euc-kr"}


def raised() -> set[str]:
    """Every code that a module of the package names, outside of reasons.py."""
    folder = Path(training.clean.__file__).parent
    texts = {
        node.value
        for path in folder.glob("*.py")
        if path.name not in {"reasons.py", "refusals.py", "notes.py"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if CODE.fullmatch(text)} - ENCODINGS


def places(text: str) -> set[str | None]:
    return {part[1] for part in string.Formatter().parse(text)} - {None}


def test_every_code_has_its_words_and_no_words_lie_idle() -> None:
    assert raised() == {code for code in (*REASONS, *NOTES) if CODE.fullmatch(code)}
    assert not set(REFUSALS) & set(ROWS)


def test_both_languages_name_the_same_places() -> None:
    for english, chinese in (*REASONS.values(), *NOTES.values()):
        assert places(english) == places(chinese), english
        assert re.search(r"[\u4e00-\u9fff]", chinese), chinese


def test_a_refusal_speaks_and_knows_its_line() -> None:
    refused = Refused("quote-unclosed", line=7, limit=10)
    assert "line 7" in str(refused)
    assert (refused.line, Refused("empty").line) == (7, None)
