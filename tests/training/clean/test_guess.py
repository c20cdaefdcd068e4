"""The encoding nobody chose: taken when it is sure, shown when it is not, never silently wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.clean.conftest import Read, Refusal
from training.clean import Options, Refused, preview
from training.clean.guess import LINES, LOOK, guess
from training.clean.sniff import ENCODINGS

CHINESE = "用户ID,商品ID,评分\n张三,三体,4\n李四,平凡的世界,5\n王五,活着,3\n"
JAPANESE = "user,item\nann,東京の夜\nbob,さくらの花\ncat,カメラの使い方\n"
KOREAN = "user,item\n" + "ann,서울의 밤\nbob,한국 영화\ncat,사랑의 노래\n" * 3
TAIWAN = "user,item\nann,臺灣電影\nbob,時間簡史\ncat,旅遊指南\n"
LATIN = "id,title\n1,Café del Mar\n2,Björk\n3,Sigur Rós\n4,Mötley Crüe\n"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (CHINESE, "gb18030", "gb18030"),
        (TAIWAN, "big5", "big5"),
        (JAPANESE, "shift_jis", "shift_jis"),
    ],
)
def test_an_encoding_that_is_sure_is_taken_and_said(
    read: Read, text: str, codec: str, name: str
) -> None:
    log = read(text.encode(codec))
    assert log.item_ids == read(text).item_ids
    assert ("encoding", {"encoding": name}) in [(n.code, n.args) for n in log.report.notes]


@pytest.mark.parametrize("text", [LATIN, CHINESE, TAIWAN, JAPANESE, KOREAN])
@pytest.mark.parametrize("codec", ["cp1252", "gb18030", "big5", "shift_jis", "cp949"])
def test_what_is_sure_is_right_and_what_is_not_is_among_those_shown(text: str, codec: str) -> None:
    try:
        found = guess(text.encode(codec))
    except UnicodeEncodeError:
        return  # this script cannot be written so
    if text == LATIN and codec == "gb18030":
        return  # four bytes a letter: nobody writes this
    assert found is not None
    decoded = [text.encode(codec).decode(ENCODINGS[name]) for name in found.names]
    assert decoded[0] == text if found.sure else text in decoded


def test_bad_03_a_latin_file_is_shown_and_waits_for_a_choice(put) -> None:  # noqa: ANN001
    path: Path = put(LATIN.encode("cp1252"), "tags.csv")
    top = preview(path, "items")
    assert (top.encoding, top.sure) == ("cp1252", False)
    assert top.readings[0].lines[:2] == ((2, "1,Café del Mar"), (3, "2,Björk"))
    again = preview(path, "items", options=Options(encoding="latin-1"))
    assert [reading.encoding for reading in again.readings[:2]] == ["latin-1", "cp1252"]


def test_bad_03_korean_that_reads_as_chinese_too_is_not_taken_by_itself(refusal: Refusal) -> None:
    found = guess(KOREAN.encode("euc-kr"))
    assert found is not None
    assert found.names[:2] == ("euc-kr", "gb18030")
    assert not found.sure
    assert refusal(KOREAN.encode("euc-kr")).code == "not-decodable"


def test_bad_03_a_few_characters_are_no_proof(refusal: Refusal) -> None:
    assert refusal("user_id,item_id\nann,书\n".encode("gb18030")).code == "not-decodable"


def test_bad_02_utf_16_without_a_mark_is_shown_but_not_taken(put) -> None:  # noqa: ANN001
    path: Path = put(CHINESE.encode("utf-16-le"))
    top = preview(path, "interactions")
    assert (top.encoding.startswith("utf-16"), top.sure) == (True, False)
    assert top.sample[0] == ("张三", "三体", "4")


@pytest.mark.parametrize("bytes_", [b"\xed\xa0\x80", b"\xff\xfe\xfd\xfc" * 9])
def test_bad_04_what_is_no_text_stays_refused(put, bytes_: bytes) -> None:  # noqa: ANN001
    path: Path = put(b"user_id,item_id\nann,film\n" + bytes_ + b",song\n")
    found = guess(path.read_bytes())
    assert found is None or not found.sure
    if found is None:
        with pytest.raises(Refused):
            preview(path, "interactions")


def test_the_lines_that_tell_may_stand_far_down() -> None:
    plain = b"id,title\n" + b"1,plain\n" * 300_000
    found = guess(plain + "2,活着的人们在一起\n".encode("gb18030") * 20)
    assert found is not None
    assert [number for number, _ in found.lines] == list(range(300_002, 300_002 + LINES))
    assert guess(plain) is None


def test_a_character_cut_by_the_end_of_what_is_looked_at_is_no_other_encoding() -> None:
    line = "书名,平凡的世界\n".encode()
    assert guess((line * (LOOK // len(line) + 1))[:LOOK], cut=True) is None
    whole = "书名,平凡的世界\n".encode("gb18030")
    found = guess((whole * (LOOK // len(whole) + 1))[:LOOK], cut=True)
    assert found is not None
    assert (found.names[0], found.sure) == ("gb18030", True)
