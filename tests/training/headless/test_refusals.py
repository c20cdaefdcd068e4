"""`python -m training evaluate` says what it cannot do, and what would mend it."""

import json
import re
from pathlib import Path

import pytest

from training.__main__ import main

BAD = [
    (["--model", "nope"], "no model 'nope'; known: .*ease"),
    (["--model", ","], "names no model"),
    (["--model", "ease", "--params", "l2=0"], "l2 must lie between 1.0 and"),
    (["--model", "ease", "--params", "l2=high"], "number of the right kind"),
    (["--model", "ease", "--params", "l3=1"], "no parameter 'l3'; known: l2"),
    (["--model", "ease", "--params", "l2"], "not of the form name=value"),
    (["--model", "ease,pop", "--params", "l2=9"], "say which model: ease.l2=9"),
    (["--model", "ease", "--params", "ials.factors=9"], "does not name"),
    (["--model", "ease", "--k", "0"], "--k must be whole numbers"),
    (["--model", "ease", "--k", "5;10"], "--k must be whole numbers"),
    (["--model", "ease", "--tune", "-1"], "--tune must be 0 or more"),
    (["--model", "ease", "--seed", "-1"], "--seed must lie from 0"),
    (["--model", "ease", "--split", "given"], "needs the held-out interactions: --test"),
    (["--model", "ease", "--test", "nowhere.csv"], "there is no file nowhere.csv"),
    (["--model", "ease", "--items", "nowhere.csv"], "there is no file nowhere.csv"),
    (["--model", "content_ridge"], "content_ridge needs item texts: add --items"),
    (["--model", "ease", "--json", "nowhere/out.json"], "not a file in a folder that exists"),
    (["--model", "ease", "--format", "counted"], "line 1: it says 'user_id"),
]


@pytest.mark.parametrize(("words", "says"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_words_end_with_2_and_the_mend(
    words: list[str], says: str, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--log", str(events), *words]) == 2
    said = capsys.readouterr()
    assert re.search(says, said.err), said.err
    assert said.err.startswith("error: ") and not said.out


FILES = [
    ("counted", "2 1 2\n3 1 2\n", "line 2: it says '3' items and holds 2"),
    ("counted", "0\n0\n", "holds no item"),
    ("counted", b"1 \xff\xfe\n", "not UTF-8"),
    ("sequences", "a 1 2 3\na 2 3\n", "line 2: user 'a' stands in line 1"),
    ("sequences", "a 1\nb 1\n", "positives on 1 item"),
    ("sequences", "", "holds no item"),
    ("events", "", "The file is empty"),
    ("events", "colour,shape\nred,round\n", "Columns not found"),
    ("events", "user_id,item_id\n" + "u,\n" * 10, "10 of 10 rows cannot be used.*line 2"),
    ("events", "user_id,item_id\nu1,a\nu2,b\nu1,b\nu2,a\n", "needs times"),
]


@pytest.mark.parametrize(("kind", "text", "says"), FILES)
def test_bad_files_end_with_2_and_the_line(
    kind: str, text: str | bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    split = ["--split", "leave-last"]
    words = ["evaluate", "--log", str(path), "--format", kind, "--model", "pop", *split]
    assert main(words) == 2
    assert re.search(says, capsys.readouterr().err)


def test_what_a_model_needs_is_asked_before_training(
    counted: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*counted, "--model", "pop,recentpop"]) == 2
    assert "recentpop needs times" in capsys.readouterr().err
    assert main([*counted, "--model", "biased_mf"]) == 2
    assert "biased_mf needs ratings: add a column called rating" in capsys.readouterr().err
    for model, words in (
        ("kg_cf", "triples or categories: add --triples"),
        ("mmoe", "a column rating"),
    ):
        assert main([*counted, "--model", model]) == 2
        assert words in capsys.readouterr().err
    assert main([*counted, "--model", "feature_mf"]) == 2
    assert "feature_mf needs item categories: add --items" in capsys.readouterr().err
    for model, given, words in (
        ("ease", "recency=0.5", "--params: ease: recency=0.5 needs times: add a column"),
        ("blend", "third=markov", "third=markov needs times"),
        ("blend", "second=ease", "names a model that another field names"),
        ("mf_diverse", "distance=categories", "needs item categories: add --items"),
    ):
        assert main([*counted, "--model", model, "--params", given]) == 2
        assert words in capsys.readouterr().err


def test_mmoe_is_refused_where_all_positives_have_one_rating(
    events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--log", str(events), "--model", "mmoe", "--minimum", "5"]
    assert main([*words, "--split", "random"]) == 2
    assert "at least two values among the positives (see --minimum)" in capsys.readouterr().err


def test_a_model_that_fails_does_not_take_the_others_along(
    counted: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.models.ease.LARGEST", 3)
    out = tmp_path / "out.json"
    assert main([*counted, "--model", "ease,pop", "--json", str(out)]) == 1
    ease, pop = json.loads(out.read_text())["results"]
    assert "EASE would invert" in ease["error"] and not ease["metrics"]
    assert pop["metrics"]["ndcg@10"]["mean"] > 0
    assert "ease FAILED: EASE would invert" in capsys.readouterr().out
