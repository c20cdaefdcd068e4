"""Files packed by gzip: once, whole, and never more than a log unpacks to."""

from __future__ import annotations

import gzip
import io
import resource
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.clean.conftest import Refusal
from training.clean import Limits, Options, Refused, clean, preview
from training.clean.source import Gunzip

Put = Callable[[str | bytes, str], Path]
GOOD = "user_id,item_id,rating\nann,film,4\nbob,song,5\n"
GZ = gzip.compress(GOOD.encode())


def bomb(megabytes: int) -> bytes:
    """gzip of that many megabytes of one letter, about a thousandth of it."""
    engine = zlib.compressobj(9, wbits=31)
    block = b"a" * 2**20
    return b"".join([*(engine.compress(block) for _ in range(megabytes)), engine.flush()])


def test_a_packed_file_reads_as_the_plain_one(put: Put) -> None:
    log = clean(put(GZ, "log.csv.gz"), "interactions")
    assert (log.user_ids, log.lines.tolist()) == (("ann", "bob"), [2, 3])
    assert {n.code: n.args for n in log.report.notes}["format"] == {"format": "text, gzip"}


def test_members_one_after_the_other_and_padding_are_one_file(put: Put) -> None:
    parts = gzip.compress(GOOD.encode()) + gzip.compress(b"cat,film,1\n") + bytes(100_000)
    assert clean(put(parts, "log.csv.gz"), "interactions").user_ids == ("ann", "bob", "cat")


def test_utf_16_and_gb18030_are_read_within(put: Put) -> None:
    wide = gzip.compress(b"\xff\xfe" + GOOD.encode("utf-16-le"))
    assert clean(put(wide, "log.csv.gz"), "interactions").user_ids == ("ann", "bob")
    chinese = gzip.compress("用户ID,商品ID\n张三,一\n".encode("gb18030"))
    options = Options(encoding="gb18030")
    assert clean(put(chinese, "l.csv.gz"), "interactions", options=options).user_ids == ("张三",)


def test_bad_03_a_byte_that_does_not_decode_has_its_line_within(refusal: Refusal) -> None:
    refused = refusal(gzip.compress(b"user_id,item_id\nann,1\nren\xe9,2\n"), "log.csv.gz")
    assert (refused.code, refused.line) == ("not-decodable", 3)


def test_bad_51_a_bomb_is_refused_by_its_ratio_after_little_of_it() -> None:
    packed = bomb(150)
    with pytest.raises(Refused) as stopped, Gunzip(io.BytesIO(packed), Limits()) as stream:
        while stream.read(2**20):
            pass
    assert stopped.value.code == "unpacks-too-far"
    assert isinstance(byte := stopped.value.details["byte"], int)
    assert byte < 140_000 < len(packed)


def test_bad_51_a_bomb_of_good_rows_is_refused_in_little_memory(put: Put) -> None:
    engine = zlib.compressobj(9, wbits=31)
    rows = (b"a,b," + b"x" * 60_000 + b"\n") * 16
    packed = engine.compress(b"user_id,item_id,text\n")
    packed += b"".join(engine.compress(rows) for _ in range(100)) + engine.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refused) as caught:
        clean(put(packed, "log.csv.gz"), "interactions")
    assert caught.value.code == "unpacks-too-far"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000  # kB


def test_bad_51_the_sum_is_bounded_whatever_the_ratio(refusal: Refusal) -> None:
    refused = refusal(GZ, "log.csv.gz", limits=Limits(unpacked=20))
    assert refused.code == "unpacks-too-large"


def test_bad_52_gzip_in_gzip_is_refused(refusal: Refusal) -> None:
    assert refusal(gzip.compress(GZ), "log.csv.gz.gz").code == "packed-twice"


def test_bad_52_an_archive_in_gzip_is_named(refusal: Refusal) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../etc/passwd"))
    refused = refusal(gzip.compress(out.getvalue()), "log.tar.gz")
    assert (refused.code, refused.details["found"]) == ("wrong-type", "tar")


@pytest.mark.parametrize("kept", [3, 15, len(GZ) - 9, len(GZ) - 1])
def test_bad_53_a_file_cut_off_says_at_which_byte(refusal: Refusal, kept: int) -> None:
    refused = refusal(GZ[:kept], "log.csv.gz")
    assert (refused.code, refused.details["byte"]) == ("packed-cut-off", kept)


def test_bad_53_a_cut_far_down_is_found_and_nothing_comes_back(refusal: Refusal) -> None:
    whole = gzip.compress(b"user_id,item_id\n" + bytes(f"{zlib.crc32(b'x')},1\n", "ascii") * 90_000)
    assert refusal(whole[:-20], "log.csv.gz").code == "packed-cut-off"


def test_a_flipped_byte_is_damage(refusal: Refusal) -> None:
    flipped = bytearray(GZ)
    flipped[-6] ^= 0xFF  # of the check sum
    assert refusal(bytes(flipped), "log.csv.gz").code == "damaged"


def test_an_empty_file_within_is_empty(refusal: Refusal) -> None:
    assert refusal(gzip.compress(b""), "log.csv.gz").code == "empty"
    assert refusal(gzip.compress(b"\n\n"), "log.csv.gz").code == "empty"


def test_progress_counts_packed_bytes(put: Put) -> None:
    rows = "".join(f"u{n},i{n * 7919 % 10_007}\n" for n in range(300_000))
    path = put(gzip.compress(f"user_id,item_id\n{rows}".encode()), "log.csv.gz")
    seen: list[tuple[int, int, int]] = []
    clean(path, "interactions", progress=lambda *step: seen.append(step))
    assert seen == sorted(seen)
    assert seen[-1] == (300_000, path.stat().st_size, path.stat().st_size)


def test_the_preview_reads_only_the_top(put: Put) -> None:
    top = preview(
        put(bomb(1)[:0] + gzip.compress(GOOD.encode() * 9000), "l.csv.gz"), "interactions"
    )
    assert top.sample[0] == ("ann", "film", "4")
