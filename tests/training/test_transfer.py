"""Learnt on one log, used on another: different people and items, words that mean the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg, planted
from tests.training.models.worded import listed, worded
from training.__main__ import main
from training.models.contract import quiet
from training.split import Split
from training.transfer import TextMap, Transferred, learn, solved

FIRST = worded(planted(seed=0))
SECOND = worded(planted(seed=7, name="cold-item", n_items=90))
ONLY = np.bincount(SECOND.train.indices, minlength=SECOND.n_items) == 0
TEXTS = (*FIRST.items.texts, *SECOND.items.texts)
WORDS = sorted({word for text in TEXTS for word in text.split()})
BOTH = np.array([[word in text.split() for word in WORDS] for text in TEXTS], dtype=np.float32)
THERE, HERE = BOTH[: FIRST.n_items], BOTH[FIRST.n_items :]


def moved(source: Split, vectors: np.ndarray) -> Transferred:
    known = learn(source, vectors, np.random.default_rng(0), quiet, factors=16, ridge=5.0)
    return Transferred(known, SECOND, HERE)


def test_tastes_of_one_log_rank_new_items_of_another_and_shuffled_texts_do_not() -> None:
    chance = ndcg(fitted("random", SECOND), SECOND, only=ONLY)
    assert ndcg(moved(FIRST, THERE), SECOND, only=ONLY) > 1.4 * chance
    order = np.random.default_rng(1).permutation(FIRST.n_items)
    assert ndcg(moved(FIRST, THERE[order]), SECOND, only=ONLY) < 1.2 * chance


def test_people_are_solved_as_the_row_of_ials() -> None:
    known = learn(FIRST, THERE, np.random.default_rng(0), quiet, factors=8)
    items = known.items(HERE)
    found = solved(known, SECOND.train, items)
    user = 3
    row = SECOND.train[user].toarray()[0]
    weights = 1 + known.alpha * row / SECOND.train.data.mean()
    left = (items * weights[:, None]).T @ items + known.regularization * np.eye(8)
    np.testing.assert_allclose(left @ found[user], items.T @ (weights * (row > 0)), rtol=1e-6)
    empty = SECOND.train.tolil()
    empty[user] = 0
    assert not solved(known, empty.tocsr(), items)[user].any()


def test_the_map_is_the_weighted_ridge_of_tastes_on_white_texts() -> None:
    made = learn(FIRST, THERE, np.random.default_rng(0), quiet, factors=8, ridge=3.0)
    assert isinstance(made, TextMap)
    white = made.white(THERE).astype(float)
    tastes = fitted("ials", FIRST, factors=8).item_factors_  # type: ignore[attr-defined]
    taken = np.bincount(FIRST.train.indices, minlength=FIRST.n_items)
    sure = np.sqrt(np.minimum(taken, 50))
    off = white @ made.matrix + made.offset - tastes
    # at the minimum both slopes are none
    np.testing.assert_allclose(sure @ off, 0, atol=1e-4)
    slope = white.T @ (sure[:, None] * off) + 3.0 * made.matrix
    np.testing.assert_allclose(slope, 0, atol=1e-3)
    with pytest.raises(ValueError, match="all alike"):
        learn(FIRST, np.ones_like(THERE), np.random.default_rng(0), quiet)


def files(folder: Path, name: str, whole: Split) -> list[Path]:
    log, items = folder / f"{name}.csv", folder / f"{name}_items.csv"
    events = (whole.train + whole.validation + whole.test).tocoo()
    rows = [f"u{user},i{item}" for user, item in zip(events.row, events.col, strict=True)]
    log.write_text("\n".join(["user,item", *rows]))
    titles = [f"i{code},{text}" for code, text in enumerate(whole.items.texts)]
    items.write_text("\n".join(["item,title", *titles]))
    return [log, items]


def test_the_headless_door_prints_it_beside_what_it_must_beat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(tmp_path / "tiny", monkeypatch)
    there, here = files(tmp_path, "there", FIRST), files(tmp_path, "here", SECOND)
    out = tmp_path / "out.json"
    words = ["transfer", "--from-log", there[0], "--from-items", there[1], "--log", here[0],
             "--items", here[1], "--split", "cold-item", "--encoder", "tiny",
             "--k", "10", "--json", out]  # fmt: skip
    assert main([str(word) for word in words]) == 0
    rows = {row["model"]: row["metrics"] for row in json.loads(out.read_text())["results"]}
    assert list(rows) == ["transfer", "transfer, shuffled", "in-domain", "pop", "random"]
    told = {name: row["ndcg@10"]["mean"] for name, row in rows.items()}
    assert told["transfer"] > 1.3 * max(told["random"], told["transfer, shuffled"])
    assert "in-domain" in capsys.readouterr().out
    words[4] = str(tmp_path / "nothing.csv")
    assert main([str(word) for word in words]) == 2
    assert "--from-items" in capsys.readouterr().err
