from pathlib import Path

import numpy as np
import pytest

from tests.training.encoders import tiny
from training.encoders import domain
from training.encoders.reader import Reader, load
from training.models.contract import quiet

RNG = np.random.default_rng(0)
# each brand makes one kind of thing in one colour: a hidden word can be told from its neighbours
KINDS = [("acme", "red", "soap"), ("bolt", "green", "tea"), ("cora", "blue", "balm")]
TITLES = [
    " ".join([*KINDS[n % 3], f"n{RNG.integers(9)}", f"m{RNG.integers(9)}"]) for n in range(240)
]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return load(tiny.make(tmp_path / "model", TITLES, dropout=0.1), "mine")


@pytest.mark.parametrize(("way", "share"), [("mlm", 0.95), ("simcse", 0.99)])
def test_the_loss_of_titles_that_it_never_read_falls(
    reader: Reader, way: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(domain.RATE, way, 2e-3)  # random weights learn in fewer steps so
    calls: list[int] = []
    found = domain.adapt(
        reader,
        TITLES,
        way,
        60,
        rng=np.random.default_rng(0),
        progress=lambda done, total, step: calls.append(done),
    )
    assert found.after < share * found.before and found.step > 0
    assert calls == list(range(1, 61))
    assert not reader.model.training


def test_a_model_that_only_gets_worse_is_left_as_it_was(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(domain.RATE, "mlm", 5.0)
    before = {name: each.clone() for name, each in reader.model.state_dict().items()}
    found = domain.adapt(reader, TITLES, "mlm", 5, rng=np.random.default_rng(0), progress=quiet)
    assert found.step == 0 and found.after == found.before
    assert all(before[name].equal(each) for name, each in reader.model.state_dict().items())


def test_one_seed_reads_the_same(tmp_path: Path) -> None:
    def run(name: str) -> domain.Read:
        found = load(tiny.make(tmp_path / name, TITLES), "mine")
        rng = np.random.default_rng(7)
        return domain.adapt(found, TITLES, "mlm", 4, rng=rng, progress=quiet)

    assert run("one") == run("two")


@pytest.mark.parametrize(
    ("way", "texts", "words"),
    [("magic", TITLES, "pretraining must be"), ("mlm", TITLES[:5], "needs 20 different texts")],
)
def test_what_cannot_be_read_is_said(
    reader: Reader, way: str, texts: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        domain.adapt(reader, texts, way, 2, rng=np.random.default_rng(0), progress=quiet)
