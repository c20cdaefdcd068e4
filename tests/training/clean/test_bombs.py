"""BAD-58: pages that lie about how long they are unpacked meet a child with bounded memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.clean.handmade import BYTES, parquet, text
from training.clean import Refused, preview

Put = Callable[[str | bytes, str], Path]
COLUMNS = {
    name: (BYTES, [text(f"{name}{n}") for n in range(3)])
    for name in ("user_id", "item_id", "a", "b", "c", "d")
}
MAPPING = {"user": "user_id", "item": "item_id"}


def test_a_packed_file_made_by_hand_is_read(put: Put) -> None:
    """The control: the same bytes without the lie are a good file."""
    few = {name: COLUMNS[name] for name in ("user_id", "item_id")}
    content = parquet(few, packed=True, claims=len(b"".join(few["user_id"][1])))
    assert preview(put(content, "log.parquet"), "interactions", MAPPING).sample[0][0] == "user_id0"


@pytest.mark.parametrize("claims", [2**31 - 1, 2**30])
def test_sec_42_bad_58_pages_that_claim_gigabytes_stop_the_child_not_us(
    put: Put, claims: int
) -> None:
    path = put(parquet(COLUMNS, packed=True, claims=claims), "log.parquet")
    assert path.stat().st_size < 5_000
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(Refused) as caught:
        preview(path, "interactions", MAPPING)
    assert caught.value.code in ("damaged", "reader-stopped", "too-much-memory")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB
    assert time.monotonic() - start < 20
