"""Whatever bytes come: an account or a refusal, never another exception."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.clean import NOTES, REFUSALS, ROWS, Options, Refused, clean, preview

Kind = Literal["interactions", "items", "users"]
KINDS: tuple[Kind, ...] = ("interactions", "items", "users")
PIECES = st.sampled_from(
    ["ann", "7", "007", "1e5", "", " ", '"', '""', ",", ";", "\t", "|", "\n", "\r", "\r\n", "\x00"]
    + ["4.5", "nan", "1577880000", "2020-01-01", "01/02/2020", "2020-02-30", "é", "用户", "\ufeff"]
    + ["user_id", "item_id", "rating", "time", "event", "title", "genres", "view", "search"]
)
HEADS = st.sampled_from(
    ["", "user_id,item_id,rating,time\n", "user,item,event\n", "id;title;genres\n", "\ufeffid\n"]
)
TEXTS = st.builds(lambda head, body: head + "".join(body), HEADS, st.lists(PIECES, max_size=60))
CODECS = st.sampled_from(["utf-8", "utf-16", "utf-16-le", "gb18030"])
PLAIN = st.one_of(
    st.binary(max_size=4096), st.builds(lambda text, codec: text.encode(codec), TEXTS, CODECS)
)
JSON = st.lists(
    st.sampled_from(['{"user_id": ', '"a"', "1", ", ", '"item_id": ', "}", "\n", "[", "NaN"])
)
STARTS = st.sampled_from([b'{"', b"PAR1\x00", b"PK\x03\x04xl/", b"\x1f\x8b\x08\x00"])
BYTES = st.one_of(
    PLAIN,
    st.builds(lambda pieces: "".join(pieces).encode(), JSON),
    st.builds(lambda content: gzip.compress(content, 1), PLAIN),
    st.builds(lambda content, kept: gzip.compress(content)[:kept], PLAIN, st.integers(0, 100)),
    st.builds(lambda start, rest: start + rest, STARTS, st.binary(max_size=300)),
)
OPTIONS = st.builds(
    Options,
    encoding=st.sampled_from([None, "utf-8", "utf-16", "gb18030", "cp1252", "big5", "klingon"]),
    delimiter=st.sampled_from([None, None, ",", ";", "", "ab"]),
    day_first=st.sampled_from([None, True, False]),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    decimal=st.sampled_from([".", ","]),
    events=st.sampled_from([None, {"view": "view"}]),
)


def check(content: bytes, kind: Kind, options: Options) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        path.write_bytes(content)
        try:
            if not content.startswith((b"PAR1", b"PK")):  # a child each: too slow for so many
                preview(path, kind, options=options)
            result = clean(path, kind, options=options)
        except Refused as refused:
            assert all(text.format(**refused.details) for text in REFUSALS[refused.code])
            return
    report = result.report
    assert report.rows_in == report.accepted + report.duplicates + report.quarantined
    assert report.accepted == len(result.lines)
    assert (result.lines[1:] > result.lines[:-1]).all()
    assert all(text.format(**bad.args) for bad in report.quarantine for text in ROWS[bad.code])
    assert all(text.format(**note.args) for note in report.notes for text in NOTES[note.code])


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=150)
@given(content=BYTES, options=OPTIONS)
def test_any_bytes_end_in_an_account_or_a_refusal(
    kind: Kind, content: bytes, options: Options
) -> None:
    check(content, kind, options)


@settings(deadline=None, max_examples=150)
@given(TEXTS)
def test_any_text_ends_in_an_account_or_a_refusal(text: str) -> None:
    check(text.encode(), "interactions", Options())
