"""`python -m training evaluate`: files in, figures out."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests.training.headless.conftest import SPLIT
from tests.training.models.planted import fitted, ndcg
from training import registry
from training.__main__ import main
from training.cli.arguments import parser, request
from training.cli.data import load, top_n
from training.cli.grades import graded
from training.cli.resources import Meter
from training.cli.tune import hold_out


def asked(words: list[str], tmp_path: Path) -> dict[str, Any]:
    out = tmp_path / "out.json"
    assert main([*words, "--json", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_it_prints_what_an_independent_loop_finds(
    counted: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked([*counted, "--model", "pop,ease", "--k", "5,10", "--seed", "3"], tmp_path)
    whole = replace(SPLIT, train=(SPLIT.train + SPLIT.validation).tocsr(), train_at=None)
    table = capsys.readouterr().out
    for row in found["results"]:
        expected = ndcg(fitted(row["model"], whole), whole)
        cell = row["metrics"]["ndcg@10"]
        assert cell["mean"] == pytest.approx(expected, abs=1e-6)
        assert cell["lo"] < cell["mean"] < cell["hi"]
        assert f"{expected:.4f}" in table
        assert {"recall@5", "hr@10", "mrr@10", "coverage@5"} <= set(row["metrics"])
    assert [row["model"] for row in found["results"]] == ["pop", "ease"]
    assert found["results"][1]["params"] == registry.check_params("ease", {})
    assert found["data"]["pairs"]["test"] == SPLIT.test.nnz
    assert found["data"]["split"] == "given"


def test_what_a_model_says_of_itself_is_told_with_its_source(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--log", str(events), "--split", "random", "--model", "ials,blend"]
    ials, blend = asked([*words, "--params", "ials.factors=4"], tmp_path)["results"]
    told = capsys.readouterr().out
    assert f"ials from the log: alpha {ials['facts']['alpha']:.4g}, regularization 30" in told
    assert f"blend on validation: weight ease {blend['facts']['weight_ease']:.4g}" in told
    assert "ials on validation" not in told


def test_it_says_what_the_fit_cost(counted: list[str], tmp_path: Path) -> None:
    (row,) = asked([*counted, "--model", "ease"], tmp_path)["results"]
    assert 0 < row["fit_seconds"] < 60 and 0 < row["cpu_seconds"] < 60
    assert 20 < row["peak_mb"] < 8000


def test_the_meter_sees_memory_come_and_go() -> None:
    def peak(megabytes: int) -> float:
        with Meter() as meter:
            np.ones(megabytes * 2**17).sum()
        return meter.cost.peak_mb

    large, small = peak(300), peak(1)
    assert large > small + 200  # Linux; elsewhere the mark of a process only grows


def test_of_several_processes_the_first_speaks_and_writes_for_all(
    counted: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out.json"
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, speaks in (("1", False), ("0", True)):
        monkeypatch.setenv("RANK", rank)
        assert main([*counted, "--model", "pop", "--json", str(out)]) == 0
        said = capsys.readouterr()
        assert bool(said.out) == bool(said.err) == out.exists() == speaks


def test_one_seed_gives_one_file(counted: list[str], tmp_path: Path) -> None:
    words = [*counted, "--model", "ials,random", "--params", "ials.factors=8", "--seed", "4"]

    def figures() -> Any:
        found = asked(words, tmp_path)
        return [(row["params"], row["metrics"]) for row in found["results"]]

    first = figures()
    assert first == figures() and first[0][0]["factors"] == 8


def test_tuning_gives_every_model_its_trials_and_is_not_below_the_defaults(
    counted: list[str], tmp_path: Path
) -> None:
    words = [*counted, "--model", "pop,itemknn,ease", "--tune", "4", "--params", "itemknn.k=20"]
    pop, knn, ease = asked(words, tmp_path)["results"]
    assert (pop["tuned"]["trials"], knn["tuned"]["trials"], ease["tuned"]["trials"]) == (1, 4, 4)
    assert knn["params"]["k"] == 20 and knn["params"]["recency"] == 1.0  # no times, not looked for
    alone = asked([*words, "--tune", "1"], tmp_path)["results"]
    for more, one in zip((knn, ease), alone[1:], strict=True):
        assert more["tuned"]["metric"] == "ndcg@20"
        assert more["tuned"]["value"] >= one["tuned"]["value"]
    assert knn["params"]["shrink"] != 10.0 and ease["params"]["solver"] == "auto"


def test_what_a_model_settles_by_itself_is_the_first_trial_too(
    counted: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*counted, "--model", "ials", "--params", "ials.factors=4", "--tune"]
    (alone,) = asked([*words, "1"], tmp_path)["results"]
    (more,) = asked([*words, "3"], tmp_path)["results"]
    assert alone["params"]["alpha"] == 3.0 and alone["tuned"]["trials"] == 1
    assert more["tuned"]["value"] >= alone["tuned"]["value"] and more["tuned"]["trials"] == 3
    said = capsys.readouterr()
    assert "trial 1 of 1" in said.err and "regularization=30 alpha=3\n" in said.err


def test_the_inner_validation_takes_the_newest_tenth_and_loses_nothing() -> None:
    inner = hold_out(SPLIT, np.random.default_rng(0))
    assert inner.test.nnz == 0
    both = (inner.train + inner.validation).toarray()
    assert np.array_equal(both, SPLIT.train.toarray())
    assert inner.train.multiply(inner.validation).nnz == 0
    at = SPLIT.train_at.toarray()
    for user in range(SPLIT.n_users):
        held = inner.validation[user].indices
        assert len(held) == max(1, SPLIT.train[user].nnz // 10)
        assert at[user, held].min() >= inner.train_at[user].data.max()


def test_knobs_are_looked_for_within_their_range() -> None:
    found = registry.space(registry.model_spec("ials"), {"alpha": 2.0}, timed=True)
    assert sorted(found) == ["factors", "regularization"]
    free = registry.space(registry.model_spec("ials"), {}, timed=True)["alpha"]
    assert (free["default"], free["low"], free["high"]) == (None, 0.3, 300.0)
    assert (found["regularization"]["low"], found["regularization"]["high"]) == (0.03, 10000.0)
    knn = registry.space(registry.model_spec("itemknn"), {}, timed=False)
    assert (knn["k"]["low"], knn["k"]["high"]) == (50, 800) and "recency" not in knn


def test_rating_models_are_measured_by_their_errors(events: Path, tmp_path: Path) -> None:
    words = ["evaluate", "--log", str(events), "--split", "random", "--k", "5"]
    models = "baseline_only,biased_mf,knn_baseline,ease"
    mean, factors, knn, ease = asked([*words, "--model", models], tmp_path)["results"]
    assert set(mean["metrics"]) == {"rmse", "mae"} and "ndcg@5" in ease["metrics"]
    floor = mean["metrics"]["rmse"]["mean"]
    assert factors["metrics"]["rmse"]["mean"] < floor > knn["metrics"]["rmse"]["mean"]


def test_ratings_below_half_of_the_scale_are_no_positives(events: Path, tmp_path: Path) -> None:
    words = ["evaluate", "--log", str(events), "--model", "pop", "--split", "random"]
    usual, all_of_them = asked(words, tmp_path), asked([*words, "--minimum", "0"], tmp_path)
    assert usual["data"]["rules"][0]["minimum"] == 2.5
    counts = [sum(one["data"]["pairs"][p] for p in ("train", "validation", "test"))
              for one in (usual, all_of_them)]  # fmt: skip
    assert counts[0] < 0.7 * counts[1] and counts[1] == 60 * 14


def test_sequences_keep_their_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.txt"
    lines = [
        f"{user} " + " ".join(str((user + step) % 7) for step in range(5)) for user in (9, 3, 4)
    ]
    path.write_text("\n".join(lines))
    words = ["evaluate", "--log", str(path), "--format", "sequences", "--model", "pop", "--k", "2"]
    found = asked([*words, "--split", "leave-last"], tmp_path)
    assert found["data"]["split"] == "leave-last" and found["data"]["leak"] is None
    made = request(parser().parse_args(words))  # auto: an order is no clock, so leave-last
    parts = top_n(made, load(made))
    last = {user: parts.test[code].indices.tolist() for code, user in ((0, 9), (1, 3), (2, 4))}
    # all ids of 0 to 6 are there, in the order of numbers: code = id
    assert last == {9: [(9 + 4) % 7], 3: [(3 + 4) % 7], 4: [(4 + 4) % 7]}
    assert main([*words, "--split", "temporal"]) == 2
    assert "an order only" in capsys.readouterr().err


def test_items_bring_topics_and_list_diversity(events: Path, tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    rows = [f"i{i},Title {i},{'even' if i % 2 == 0 else 'odd'}|all" for i in range(40)]
    items.write_text("item_id,title,genres\n" + "\n".join(rows))
    words = ["evaluate", "--log", str(events), "--items", str(items), "--split", "random"]
    found = asked([*words, "--model", "ease", "--k", "5"], tmp_path)
    assert found["data"]["items"] == 40  # ten of them were never taken
    assert 0 < found["results"][0]["metrics"]["ild@5"]["mean"] < 1


def test_a_click_model_says_how_far_its_probabilities_are_off(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "--log", str(events), "--split", "random", "--model", "dcn"]
    facts = asked([*words, "--params", "epochs=2"], tmp_path)["results"][0]["facts"]
    assert 0 < facts["log_loss"] < 2 and 0 <= facts["ece"] <= 1 and facts["pairs"] > 0
    assert f"dcn on validation: pairs {facts['pairs']}, taken" in capsys.readouterr().out


def test_ratings_say_which_positives_satisfied(events: Path, tmp_path: Path) -> None:
    words = ["evaluate", "--log", str(events), "--split", "random", "--model", "pop,mmoe"]
    pop, ours = asked([*words, "--params", "mmoe.epochs=1"], tmp_path)["results"]
    assert ours["facts"].keys() == {"satisfaction_auc"} and ours["metrics"]["ndcg@10"]["mean"] > 0
    assert pop["metrics"].keys() == ours["metrics"].keys()
    made = request(parser().parse_args(words))
    data = load(made)
    plain = top_n(made, data)
    found = graded(plain, made, data)
    for mine, bare in ((found.train, plain.train), (found.validation, plain.validation)):
        stars = csr_matrix((data.log.values, (data.log.users, data.log.items)), mine.shape)
        assert np.array_equal(mine.indices, bare.indices) and set(bare.data) == {1.0}
        assert np.array_equal(mine.toarray(), stars.multiply(bare > 0).toarray())
    assert set(found.train.data) == {4.0, 5.0}


def test_triples_make_a_graph(events: Path, tmp_path: Path) -> None:
    facts = [f"i{item},parity,{'odd' if item % 2 else 'even'}" for item in range(30)]
    path = tmp_path / "graph.csv"
    path.write_text("\n".join(["item,relation,entity", *facts, "elsewhere,parity,odd"]))
    words = ["evaluate", "--log", str(events), "--triples", str(path), "--split", "random"]
    given = parser().parse_args([*words, "--model", "kg_cf"])
    items = load(request(given)).items
    assert items is not None and items.triples is not None and items.triples.shape == (31, 3)
    assert items.entity_names == ("even", "odd") and "elsewhere" in items.titles
    found = asked([*words, "--model", "kg_cf", "--params", "epochs=1"], tmp_path)
    assert found["results"][0]["metrics"]["ndcg@10"]["mean"] > 0


def test_models_lists_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    told = capsys.readouterr().out
    for name, spec in registry.models().items():
        assert f"{name}  {spec['name']['en']}" in told
    assert "l2  float 1 to 1e+07, log scale; usual 300" in told
    assert "alpha  float 0.01 to 1000, log scale; usual from the log" in told
    assert "satisfied  float 0 to 1e+06; usual from the log" in told


def test_the_door_opens_without_the_web(counted: list[str], tmp_path: Path) -> None:
    words = [*counted, "--model", "pop", "--k", "5"]
    program = (
        f"import sys; from training.__main__ import main; code = main({words!r}); "
        "print(code, [name for name in ('django', 'torch', 'recweb') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"
    listed = subprocess.run(
        [sys.executable, "-m", "training", "models"], capture_output=True, text=True, check=True
    )
    assert "rp3beta" in listed.stdout


def test_a_model_stands_beside_popularity_and_itself_shuffled(
    counted: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*counted, "--model", "ease", "--params", "l2=50", "--k", "10", "--shuffled"]
    popular, ease = asked(words, tmp_path)["results"]
    means = [row["metrics"]["ndcg@10"]["mean"] for row in (popular, ease, ease["shuffled"])]
    assert popular["model"] == "pop" and "shuffled" not in popular
    assert ease["shuffled"]["params"] == ease["params"] and ease["params"]["l2"] == 50
    assert means[1] > 1.5 * means[0] and means[2] < means[0] + 0.02
    said = capsys.readouterr().out
    assert f"pop {means[0]:.4f}, itself on shuffled interactions {means[2]:.4f}" in said
    assert "falls to popularity or below" in said
