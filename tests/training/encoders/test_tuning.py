"""Each way of tuning: nothing changes at first, little learns, and what learnt can be merged."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.training.encoders import tiny
from training.encoders import tuning
from training.encoders.reader import Reader, load

TEXTS = ["red lip balm", "green tea soap", "balm", "red red soap tea lip balm green"]
FEW = ["lora", "adalora", "adapter"]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return load(tiny.make(tmp_path / "model", TEXTS), "mine")


def vectors(reader: Reader, model: nn.Module) -> torch.Tensor:
    return reader.read(*reader.padded(reader.ids(TEXTS)), model)


def taught(reader: Reader, model: nn.Module, ranks: tuning.Ranks, steps: int) -> None:
    """Some steps towards vectors that sum to 7."""
    learn = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.Adam(learn, lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        loss = (vectors(reader, model).sum(dim=1) - 7.0).square().mean() + ranks.crossing()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        ranks.after_step()


@pytest.mark.parametrize("way", tuning.WAYS)
def test_the_tuned_model_is_the_frozen_one_exactly_before_the_first_step(
    reader: Reader, way: str
) -> None:
    with torch.no_grad():
        before = vectors(reader, reader.model)
        model = tuning.tuned(reader.model, reader.kind, way, rank=4, steps=100)
        assert torch.equal(vectors(reader, model), before)


def test_numbers_that_learn_are_those_of_the_papers(tmp_path: Path) -> None:
    def count(way: str) -> int:
        fresh = load(tiny.make(tmp_path / way, TEXTS), "mine")
        return tuning.learning(tuning.tuned(fresh.model, fresh.kind, way, rank=4, steps=100))

    layers, d = 2, 32
    assert count("frozen") == 0
    assert count("lora") == layers * 2 * (4 * d + d * 4)
    # adalora begins with half as many ranks again, and a singular value each
    assert count("adalora") == layers * 2 * (6 * d + d * 6 + 6)
    assert count("adapter") == layers * 2 * (d * 4 + 4 + 4 * d + d)
    assert count("full") > 10_000


def test_peft_counts_the_same(reader: Reader) -> None:
    model: Any = tuning.tuned(reader.model, reader.kind, "lora", rank=4, steps=100)
    learn, whole = model.get_nb_trainable_parameters()
    assert tuning.learning(model) == learn < whole


@pytest.mark.parametrize("way", FEW)
def test_the_base_weights_stay_and_the_merged_model_reads_alike(reader: Reader, way: str) -> None:
    with torch.no_grad():
        before = vectors(reader, reader.model)
    model = tuning.tuned(reader.model, reader.kind, way, rank=4, steps=8)
    ranks = tuning.Ranks(model)
    frozen = [each.clone() for each in model.parameters() if not each.requires_grad]
    taught(reader, model, ranks, 8)
    now = [each for each in model.parameters() if not each.requires_grad]
    moved = [not torch.equal(was, is_) for was, is_ in zip(frozen, now, strict=True)]
    # adalora counts its ranks in a parameter that no gradient moves
    assert sum(moved) == 0 or way == "adalora"
    with torch.no_grad():
        after = vectors(reader, model)
        assert (after - before).abs().max() > 1e-6, "nothing was learnt"
        torch.testing.assert_close(vectors(reader, tuning.merged(model)), after, atol=1e-5, rtol=0)


def test_adaloras_budget_of_ranks_declines_to_its_target(reader: Reader) -> None:
    model = tuning.tuned(reader.model, reader.kind, "adalora", rank=4, steps=15)
    ranks = tuning.Ranks(model)
    taught(reader, model, ranks, 3)
    most = ranks.kept()
    taught(reader, model, ranks, 12)
    places = 2 * 2  # query and value of two layers
    assert most == places * 6 and ranks.kept() == places * 4


def test_adaloras_state_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    def fresh(name: str) -> tuple[Reader, nn.Module, tuning.Ranks]:
        torch.manual_seed(3)
        reader = load(tiny.make(tmp_path / name, TEXTS), "mine")
        torch.manual_seed(4)
        model = tuning.tuned(reader.model, reader.kind, "adalora", rank=4, steps=10)
        return reader, model, tuning.Ranks(model)

    reader, model, ranks = fresh("whole")
    taught(reader, model, ranks, 5)
    kept = {name: each.clone() for name, each in model.state_dict().items()}
    state = {name: each.clone() for name, each in ranks.state().items()}
    taught(reader, model, ranks, 5)
    again, other, restored = fresh("again")
    other.load_state_dict(kept)
    restored.restore(state)
    taught(again, other, restored, 5)
    assert restored.step == ranks.step == 10
    for (name, one), (_, two) in zip(
        model.named_parameters(), other.named_parameters(), strict=True
    ):
        assert torch.equal(one, two), name


def test_the_other_ways_have_no_budget(reader: Reader) -> None:
    ranks = tuning.Ranks(tuning.tuned(reader.model, reader.kind, "lora", rank=4, steps=9))
    ranks.after_step()
    assert not ranks and ranks.state() == {} and ranks.crossing() == 0.0
    with pytest.raises(ValueError, match="tuning must be one of .* got 'magic'"):
        tuning.tuned(reader.model, reader.kind, "magic", rank=4, steps=9)


@pytest.mark.parametrize("kind", ["distilbert", "mpnet", "xlm-roberta"])
@pytest.mark.parametrize("way", ["lora", "adapter"])
def test_other_types_are_tuned_in_the_same_places(tmp_path: Path, kind: str, way: str) -> None:
    found = load(tiny.make(tmp_path / kind, TEXTS, kind=kind), "mine")
    expected = {"lora": 2 * 2 * 2 * 4 * 32, "adapter": 2 * 2 * (2 * 4 * 32 + 4 + 32)}
    model = tuning.tuned(found.model, found.kind, way, rank=4, steps=9)
    assert tuning.learning(model) == expected[way]
