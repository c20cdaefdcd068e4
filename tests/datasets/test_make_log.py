"""`manage.py make_log`."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from training import clean as cleaning


def test_it_writes_a_log_and_its_catalogue(tmp_path: Path) -> None:
    out = io.StringIO()
    log, items = tmp_path / "log.csv", tmp_path / "items.jsonl"
    options = ["--rows=5000", "--items=200", "--dirt=all=0.12", "--language=zh"]
    call_command("make_log", str(log), f"--catalogue={items}", *options, stdout=out)
    assert "5000 rows = 4400 to be accepted + 50 duplicates + 550 to be put aside" in out.getvalue()
    found = cleaning.clean(log, "interactions")
    assert (found.report.accepted, found.report.quarantined) == (4_400, 550)
    listed = cleaning.clean(items, "items")
    assert set(found.item_ids) <= set(listed.item_ids)
    assert listed.titles[0][0] > "\u4e00"


@pytest.mark.parametrize("wrong", ["--dirt=mud=0.1", "--dirt=mud", "--rows=0", "--slope=7"])
def test_it_says_what_cannot_be(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("make_log", str(tmp_path / "log.csv"), wrong)
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
