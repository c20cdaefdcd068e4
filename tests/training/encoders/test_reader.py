from pathlib import Path

import numpy as np
import pytest

from tests.training.encoders import tiny
from training.encoders import folders, texts
from training.encoders.reader import load

TEXTS = ["red lip balm", "green tea soap", "balm", "", "red red red tea soap green lip balm"]


@pytest.mark.parametrize("kind", sorted(folders.TYPES))
def test_each_type_reads_alike_alone_and_beside_longer_texts(tmp_path: Path, kind: str) -> None:
    folder = tiny.make(tmp_path / kind, TEXTS, kind=kind)
    together = texts.encode(folder, TEXTS, name="mine")
    assert together.shape == (len(TEXTS), 32)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    for place, text in enumerate(TEXTS):
        alone = texts.encode(folder, [text], name="mine")
        np.testing.assert_allclose(alone[0], together[place], atol=1e-5)


def test_the_vector_is_the_mean_or_that_of_the_first_token(tmp_path: Path) -> None:
    import torch

    folder = tiny.make(tmp_path / "model", TEXTS)
    mean = load(folder, "mine")
    tiny.pooled_by_first(folder)
    first = load(folder, "mine")
    tokens, mask = mean.padded(mean.ids(TEXTS[:3]))
    with torch.no_grad():
        states = mean.model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        expected = [states[row][mask[row]].mean(dim=0) for row in range(3)]
        torch.testing.assert_close(mean.read(tokens, mask), torch.stack(expected))
        torch.testing.assert_close(first.read(tokens, mask), states[:, 0])


def test_two_models_share_no_cache(tmp_path: Path) -> None:
    one = tiny.make(tmp_path / "one", TEXTS, seed=1)
    other = tiny.make(tmp_path / "other", TEXTS, seed=2)
    kept = tmp_path / "cache"
    first = texts.encode(one, TEXTS, cache=kept)
    second = texts.encode(other, TEXTS, cache=kept)
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(texts.encode(one, TEXTS, cache=kept), first)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    small = tiny.make(tmp_path / "small", TEXTS)
    large = tiny.make(tmp_path / "large", [*TEXTS, "many other words beside these ones here"])
    (small / "tokenizer.json").write_bytes((large / "tokenizer.json").read_bytes())
    with pytest.raises(folders.Refused, match="two different models"):
        load(small, "mine")
