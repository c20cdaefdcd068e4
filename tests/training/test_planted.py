"""A log whose law is known follows that law, and an importer finds what was planted."""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests import source
from training import clean as cleaning
from training.planted import CODES, DIRT, Plan, World, draw, make, make_items

DIRTY = dict.fromkeys(DIRT, 0.003)


def drawn(plan: Plan) -> tuple[World, draw.Chunk]:
    world = World(plan)
    parts = [draw.chunk(world, number) for number in range(plan.chunks)]
    names = ("users", "items", "events", "dwell", "at", "sessions", "bot")
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return world, draw.Chunk(**whole)


@pytest.mark.parametrize("slope", [0.4, 0.9, 1.3])
def test_popularity_falls_with_the_planted_slope(slope: float) -> None:
    world, log = drawn(Plan(rows=200_000, items=500, slope=slope))
    counts = np.bincount(log.items, minlength=500)[:200]  # the tail is too thin to fit
    found = np.polyfit(np.log(np.arange(1, 201)), np.log(counts), 1)[0]
    assert found == pytest.approx(-slope, abs=0.06)
    assert counts.sum() / len(log) == pytest.approx(world.popularity[:200].sum(), abs=0.02)


def test_a_slope_of_zero_makes_all_items_equal() -> None:
    _, log = drawn(Plan(rows=100_000, items=100, slope=0.0))
    counts = np.bincount(log.items, minlength=100)
    assert counts.max() < 1.5 * counts.min()


def test_topics_can_be_recovered_from_who_chose_what() -> None:
    world, log = drawn(Plan(rows=120_000, users=800, items=120, topics=4, diversity=0.1))
    matrix = np.zeros((800, 120), dtype=np.float32)
    np.add.at(matrix, (log.users, log.items), 1)
    matrix /= np.linalg.norm(matrix, axis=0) + 1e-9
    alike = matrix.T @ matrix
    np.fill_diagonal(alike, -1)
    twin = alike.argmax(axis=1)  # the item with the most similar audience
    assert (world.topics[twin] == world.topics).mean() > 0.95


def test_nobody_leaves_the_topic_at_diversity_zero() -> None:
    world, log = drawn(Plan(rows=20_000, diversity=0.0))
    favourite, leaves = world.tastes(log.users)
    assert (world.topics[log.items] == favourite).all()
    assert leaves.max() == 0


def test_everybody_leaves_as_often_as_chance_at_diversity_one() -> None:
    world, log = drawn(Plan(rows=60_000, diversity=1.0, spread=0.0))
    favourite, leaves = world.tastes(log.users)
    own = (world.topics[log.items] == favourite).mean()
    assert leaves.min() == 1
    assert own == pytest.approx(float((world.mass[favourite]).mean()), abs=0.02)


def test_spread_makes_users_unlike_at_the_same_mean() -> None:
    users = np.arange(20_000)
    _, alike = World(Plan(diversity=0.4, spread=0.0)).tastes(users)
    _, unlike = World(Plan(diversity=0.4, spread=0.9)).tastes(users)
    assert set(alike.tolist()) == {0.4}
    assert unlike.std() > 0.4
    assert unlike.mean() == pytest.approx(0.4, abs=0.02)


def test_sittings_have_the_mean_length_and_nobody_is_in_two_places() -> None:
    _, log = drawn(Plan(rows=65_536, session=8.0, users=50_000))
    _, lengths = np.unique(log.sessions, return_counts=True)
    assert lengths.mean() == pytest.approx(8.0, rel=0.1)
    assert len(np.unique(log.users * 2**34 + log.at)) == len(log)
    assert (np.diff(log.at) >= 0).all()


def test_bots_make_more_than_a_thousand_events_within_an_hour() -> None:
    _, log = drawn(Plan(rows=65_536, bots=0.04))
    assert log.bot.mean() == pytest.approx(0.04, abs=0.001)
    first = log.users == log.users[log.bot].min()
    assert first.sum() > 1_000
    assert np.ptp(log.at[first]) < 3_600
    assert (log.users[~log.bot] < 2_000).all()


@pytest.mark.parametrize(("rows", "bots"), [(131_071, 0.01), (131_071, 0.5), (300_000, 0.01)])
def test_a_small_share_of_bots_still_comes_in_bursts(rows: int, bots: float) -> None:
    plan = Plan(rows=rows, bots=bots)
    parts = [draw._bursts(plan, number) for number in range(plan.chunks)]
    assert sum(int(part.sum()) for part in parts) == round(bots * rows)
    assert all(1_000 < size < 3_600 for part in parts for size in part)
    last = plan.rows - (plan.chunks - 1) * 65_536
    assert [len(draw.chunk(World(plan), number)) for number in (0, plan.chunks - 1)] == [
        65_536,
        last,
    ]


def test_an_import_finds_exactly_what_was_planted(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    truth = make(Plan(rows=70_000, dirt=DIRTY), path)
    report = cleaning.clean(path, "interactions").report
    assert report.rows_in == truth["rows_in"] == 70_000
    assert report.accepted == truth["accepted"]
    assert report.duplicates == truth["duplicates"] == 210
    planted = {found["code"]: found["rows"] for found in truth["dirty"].values() if found["code"]}
    assert report.reasons == planted
    with path.with_name("log.csv.dirty.csv").open() as rows:
        lines = {int(row["line"]): row["code"] for row in csv.DictReader(rows) if row["code"]}
    kept = {row.line: row.code for row in report.quarantine}
    assert len(kept) == 1000
    assert kept.items() <= lines.items()


@pytest.mark.parametrize("name", ["log.tsv", "log.csv.gz", "log.jsonl", "log.parquet"])
def test_every_format_says_the_same(name: str, tmp_path: Path) -> None:
    plan = Plan(rows=3_000, dirt={"duplicate": 0.01, "bad-time": 0.02})
    truth = make(plan, tmp_path / name)
    report = cleaning.clean(tmp_path / name, "interactions").report
    assert (report.accepted, report.duplicates) == (truth["accepted"], truth["duplicates"])
    assert report.reasons == {"time-unreadable": 60}
    with (tmp_path / f"{name}.dirty.csv").open() as rows:
        bad = [int(row["line"]) for row in csv.DictReader(rows) if row["code"]]
    assert [row.line for row in report.quarantine] == bad


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    def digest(name: str, seed: int) -> str:
        make(Plan(rows=5_000, seed=seed, dirt=DIRTY, bots=0.02), tmp_path / name)
        return hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()

    assert digest("a.csv", 1) == digest("b.csv", 1)
    assert digest("a.csv", 1) != digest("c.csv", 2)
    plan = json.loads((tmp_path / "c.csv.truth.json").read_text())["plan"]
    assert Plan(**plan) == Plan(rows=5_000, seed=2, dirt=DIRTY, bots=0.02)


@pytest.mark.parametrize(("language", "word"), [("en", "Comedy"), ("zh", "喜剧")])
def test_the_catalogue_names_the_planted_topics(language: str, word: str, tmp_path: Path) -> None:
    plan = Plan(items=300, language=language)
    assert make_items(plan, tmp_path / "items.csv") == 300
    found = cleaning.clean(tmp_path / "items.csv", "items")
    assert (found.report.accepted, found.report.quarantined) == (300, 0)
    assert word in {topic for topics in found.categories for topic in topics}
    world = World(plan)
    first = [topics[0] for topics in found.categories]
    numbers = dict(zip(found.item_ids, first, strict=True))
    of_topic = {numbers[f"i{name}"] for name in world.names[world.topics == 0].tolist()}
    assert of_topic == {word}


def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    small, large = (_peak(tmp_path, rows) for rows in (70_000, 700_000))
    assert large < small + 40


def _peak(folder: Path, rows: int) -> int:
    """Peak megabytes of a process that makes so many rows."""
    program = (
        "import resource, sys; from pathlib import Path; from training.planted import Plan, make\n"
        f"make(Plan(rows={rows}, bots=.01, dirt={DIRTY!r}), Path(sys.argv[1]) / 'm.csv')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=source.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


def test_it_names_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="slope must lie from 0.0 to 3.0, got 9"):
        Plan(slope=9)
    with pytest.raises(ValueError, match="unknown dirt 'mud'"):
        Plan(dirt={"mud": 0.1})
    with pytest.raises(ValueError, match="two hours a chunk"):
        Plan(rows=10**8, days=30)
    with pytest.raises(ValueError, match="must end in"):
        make(Plan(rows=10), tmp_path / "log.xlsx")
    with pytest.raises(ValueError, match="CSV and TSV only"):
        make(Plan(rows=10, dirt={"extra-cell": 0.1}), tmp_path / "log.jsonl")
    assert not list(tmp_path.iterdir())
    assert set(CODES) == set(DIRT)


def test_a_parquet_log_reads_back(tmp_path: Path) -> None:
    make(Plan(rows=70_000), tmp_path / "log.parquet")
    assert pl.read_parquet(tmp_path / "log.parquet")["session_id"].n_unique() > 1_000
