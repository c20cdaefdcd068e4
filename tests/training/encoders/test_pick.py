"""Who reads the texts: the package's model where it knows the script, letters where it does not."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.encoders import tiny
from training.encoders import characters, folders, minilm, pick

ENGLISH = ["Toy Story animation comedy", "Heat crime thriller", "Hydrating lip balm with honey"]
# made for this test: two kinds of headline, in words that share letters within a kind
STOCKS = ["股市今日大幅上涨", "股市今日小幅下跌", "股市收盘大幅下跌", "今日股市小幅上涨"]
SPORTS = ["篮球联赛今晚开赛", "篮球联赛昨晚结束", "足球联赛今晚开赛", "足球联赛昨晚结束"]


def test_english_is_read_by_the_built_in_model() -> None:
    found, chosen = pick.encode("auto", ENGLISH, dtype="float32")
    assert (chosen.name, chosen.note, chosen.said("en")) == ("minilm", "", "")
    assert chosen.unread < 0.05
    np.testing.assert_allclose(found, minilm.encode(ENGLISH), atol=1e-6)


def test_chinese_is_read_by_letters_and_the_run_is_told() -> None:
    found, chosen = pick.encode("auto", STOCKS + SPORTS)
    assert (chosen.name, chosen.note) == ("characters", "letters")
    assert chosen.unread > 0.2 and "characters" in chosen.said("en")
    assert "字符片段" in chosen.said("zh-hans")
    likeness = found @ found.T - 2 * np.eye(len(found))
    assert all((row.argmax() < 4) == (place < 4) for place, row in enumerate(likeness))


def test_who_insists_is_warned() -> None:
    chosen = pick.choose("minilm", STOCKS)
    assert (chosen.name, chosen.note) == ("minilm", "script")
    assert "minilm does not know" in chosen.said("en")


def test_a_model_of_the_list_is_warned_about_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny.make(tmp_path / "model", [" ".join(text) for text in STOCKS])
    monkeypatch.setenv(folders.LIST, f"zh={folder}")
    assert pick.choose("zh", STOCKS).note == ""
    assert pick.choose("zh", ["an English title"]).note == "script"
    assert pick.encode("zh", STOCKS)[0].shape == (4, 32)
    with pytest.raises(folders.Refused, match="no encoder “other”"):
        pick.encode("other", STOCKS)


def test_letters_give_unit_rows_and_nothing_for_nothing() -> None:
    found = characters.encode([*STOCKS, "", "  ", STOCKS[0]])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 1, 1, 0, 0, 1], atol=1e-5)
    np.testing.assert_array_equal(found[0], found[6])
    assert characters.encode(["", ""]).shape == (2, 1)
    assert characters.encode(["one"]).shape == (1, 1)
    np.testing.assert_array_equal(characters.encode(STOCKS), characters.encode(STOCKS))
