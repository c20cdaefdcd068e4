"""Reading without padding beside transformers, on a model made on the spot."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.encoders import tiny
from training.encoders import texts
from training.encoders.bert import Bert, can_pack, reads
from training.encoders.reader import Reader, full_batches, load, longest_first

TEXTS = ["red lip balm", "green tea soap", "balm", "", "red red red tea soap green lip balm", "tea"]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return load(tiny.make(tmp_path / "model", TEXTS), "mine")


def test_every_token_has_the_state_that_transformers_gives_it(reader: Reader) -> None:
    ids = reader.ids(TEXTS)
    tokens, mask = reader.padded(ids)
    with torch.no_grad():
        expected = reader.model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
    found = Bert(reader.model, packed=False)(ids)
    torch.testing.assert_close(found, expected[mask], atol=1e-5, rtol=0)


@pytest.mark.parametrize("pool", ["mean", "cls"])
def test_a_vector_pools_the_tokens_of_its_own_text(reader: Reader, pool: str) -> None:
    ids = reader.ids(TEXTS)
    state = Bert(reader.model, packed=False)(ids).split([len(row) for row in ids])
    expected = [rows[0] if pool == "cls" else rows.mean(dim=0) for rows in state]
    found = Bert(reader.model, packed=False).vectors(ids, pool)
    torch.testing.assert_close(found, torch.stack(expected))


def test_half_precision_keeps_the_direction(reader: Reader) -> None:
    """Packed where the processor can, plain elsewhere: as the reader of texts chooses."""
    ids = reader.ids(TEXTS)
    exact = Bert(reader.model, packed=False).vectors(ids, "mean")
    rough = Bert(reader.model.to(torch.bfloat16), packed=can_pack()).vectors(ids, "mean")
    assert torch.cosine_similarity(exact, rough).min() > 0.999
    assert not torch.equal(exact, rough)


def test_another_activation_is_left_to_transformers(reader: Reader, tmp_path: Path) -> None:
    assert reads(reader.model, reader.kind)
    reader.model.config.hidden_act = "relu"
    assert not reads(reader.model, reader.kind)
    other = load(tiny.make(tmp_path / "roberta", TEXTS, kind="roberta"), "mine")
    assert not reads(other.model, other.kind)


def test_full_batches_hold_each_text_once_within_the_tokens() -> None:
    ids = [[0] * length for length in (3, 9, 1, 4, 4, 2)]
    found = list(full_batches(longest_first(ids), ids, 8))
    assert found == [[1], [3, 4], [0, 5, 2]]  # nine tokens are too many, and stand alone


def test_the_tokens_of_a_batch_change_nothing_but_the_last_bits(tmp_path: Path) -> None:
    folder = tiny.make(tmp_path / "model", TEXTS)
    many = [*TEXTS, *(f"{one} {other}" for one in TEXTS for other in TEXTS)]
    whole = texts.encode(folder, many, name="mine", batch_tokens=10_000)
    parts = texts.encode(folder, many, name="mine", batch_tokens=256)
    np.testing.assert_allclose(whole, parts, atol=1e-5)
