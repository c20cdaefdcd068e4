"""SEC-10 to 13 at the one door to Plotly; what a browser then shows is tested in tests/browser."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recweb.lib import charts
from recweb.lib.escape import ZERO_WIDTH, plain

EVIL = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    '"><img src=x>',
    '<a href="https://evil.example">Win</a>',
    '<span style="font-size:200px">x</span>',
    "A<br>B",
    "<BR/>",
    "%{customdata[0]} %{x}",
    r"$\href{javascript:alert(1)}{x}$",
    "{{7*7}}",
    "${7*7}",
    "&lt;b&gt;",
    "a\x00b\x1b[31m\nc",
]


@pytest.mark.parametrize("text", EVIL)
def test_no_tag_no_template_no_tex(text: str) -> None:
    found = plain(text)
    assert "<" not in found
    assert ">" not in found
    assert not re.search(r"%\{|\$[^\u200b]|\$$", found)
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", found)


@given(st.text())
def test_what_is_shown_is_what_was_written(text: str) -> None:
    """Unescaped once (what Plotly does) and without the invisible spaces: the text itself."""
    shown = html.unescape(plain(text)).replace(ZERO_WIDTH, "")
    clean = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", text)
    assert shown == clean.replace(ZERO_WIDTH, "")


def test_chinese_and_emoji_stay() -> None:
    assert plain("变形金刚 👩‍🚀") == "变形金刚 👩‍🚀"


def everything(text: str) -> list[charts.Chart]:
    return [
        charts.bars([(text, 1.0)], text, text, text),
        charts.bars([(text, 1.0)], text, text, text, sideways=True, errors=[(0.5, 1.5)]),
        charts.line({text: [(0, 1.0), (1, 2.0)]}, text, text, text),
        charts.histogram([0, 1, 2], [3, 4], text, text, text),
        charts.lorenz([1, 2, 3], text, text, text),
        charts.scatter([(text, 0.1, 0.2), (text, 0.2, 0.1)], text, text, text),
        charts.frontier([0, 1], {text: {"mean": [1, 2], "lo": [0, 1], "hi": [2, 3]}}, text, text),
        charts.curves({text: [(0, 1.0), (1, 0.5), (2, 0.4)]}, text, text, text),
    ]


@pytest.mark.parametrize("text", EVIL)
def test_every_chart_escapes_all_its_text(text: str) -> None:
    for found in everything(text):
        for shown in strings(found["figure"]):
            assert "<" not in shown
            assert "%{" not in shown


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in strings(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in strings(inner)]
    return [value] if isinstance(value, str) else []


def test_every_chart_is_json_and_has_a_caption_and_a_table() -> None:
    for found in everything("x"):
        json.dumps(found, allow_nan=False)
        assert set(found) == {"figure", "caption", "table"}
        assert found["caption"] == "x"
        assert found["table"]["rows"]
        assert {len(row) for row in found["table"]["rows"]} == {len(found["table"]["header"])}


def test_no_chart_needs_webgl() -> None:
    for found in everything("x"):
        for trace in found["figure"]["data"]:
            assert trace["type"] in ("bar", "scatter")
