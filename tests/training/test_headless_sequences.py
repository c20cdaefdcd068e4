"""Sequences through the headless door: what is refused, and what is learnt before the test."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg
from tests.training.models.sequences import chained
from training.__main__ import main
from training.cli.refit import joined, refitted, settled
from training.features import Positives

WHOLE = chained()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The planted chains as sequences: the last item is asked for, the one before chooses."""
    lines = []
    for user in range(WHOLE.n_users):
        at = WHOLE.train_at[user]
        items = at.indices[np.argsort(at.data)].tolist()
        items += [*WHOLE.validation[user].indices, *WHOLE.test[user].indices]
        lines.append(" ".join(map(str, [user, *items])))
    path = tmp_path / "log.txt"
    path.write_text("\n".join(lines))
    return path


def asked(words: list[str], tmp_path: Path) -> dict[str, Any]:
    out = tmp_path / "out.json"
    assert main(["evaluate", "--format", "sequences", *words, "--json", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_models_know_the_last_but_one_when_the_last_is_asked(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(["--log", str(log), "--model", "markov,pop"], tmp_path)
    assert found["data"]["refit"] and found["data"]["split"] == "leave-last"
    assert "before the test is ranked, models learn train and validation" in capsys.readouterr().out
    both = joined(WHOLE, _pairs())
    for row in found["results"]:
        expected = ndcg(fitted(row["model"], both), both, seen=both.train)
        assert row["metrics"]["ndcg@10"]["mean"] == pytest.approx(expected, abs=1e-6)
    assert ndcg(fitted("markov", both), both) > ndcg(fitted("markov", WHOLE), WHOLE) + 0.1


def test_the_test_itself_is_never_learnt() -> None:
    both = joined(WHOLE, _pairs())
    assert both.train.nnz == WHOLE.train.nnz + WHOLE.validation.nnz
    assert both.train.multiply(WHOLE.test).nnz == 0 and both.validation.nnz == 0
    assert both.train_at.nnz == both.train.nnz
    assert np.array_equal(both.train_at.indices, both.train.indices)
    last = [row.indices[row.data.argmax()] for row in (both.train_at[u] for u in range(9))]
    assert last == [WHOLE.validation[user].indices[0] for user in range(9)]


def test_what_was_chosen_on_validation_stays_chosen() -> None:
    made = fitted("sasrec", WHOLE, factors=4, epochs=1)
    made.params["epochs"] = None
    assert settled(made)["epochs"] == 1 and settled(made)["factors"] == 4
    before = made.weights_["item_factors"].copy()
    again = refitted("sasrec", made, joined(WHOLE, _pairs()), 0)
    assert again is made and np.array_equal(before, made.weights_["item_factors"])


def test_a_random_split_is_refused_before_anything_is_trained(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--format", "sequences", "--log", str(log), "--split", "random"]
    assert main([*words, "--model", "pop,sasrec"]) == 2
    told = capsys.readouterr().err
    assert "sasrec reads the order of events" in told and "use temporal, user-temporal" in told


def test_an_order_is_no_clock(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--format", "sequences", "--log", str(log)]
    assert main([*words, "--model", "recentpop"]) == 2
    assert "sequences have an order only" in capsys.readouterr().err


def _pairs() -> Positives:
    """All pairs of the chain with the times that they were planted with."""
    users, items, at = [], [], []
    for user in range(WHOLE.n_users):
        row = WHOLE.train_at[user]
        held = [*WHOLE.validation[user].indices, *WHOLE.test[user].indices]
        users += [user] * (row.nnz + 2)
        items += [*row.indices, *held]
        at += [*row.data.astype(int), 2000, 2001]
    codes = np.array(users, np.int32), np.array(items, np.int32)
    ones = np.ones(len(users), np.float32)
    times = np.array(at, np.int64)
    return Positives(*codes, ones, times, WHOLE.n_users, WHOLE.n_items)
