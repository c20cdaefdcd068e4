"""The planted log with titles whose words tell the topic, and a tiny model that can read them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from tests.training.encoders import tiny
from tests.training.models.planted import TOPICS, planted
from training.encoders import folders
from training.split import Split

WORDS = ("soap", "tea", "balm", "comb", "nail", "hair")


def worded(whole: Split) -> Split:
    """No categories: three words of the topic's five, and one that says nothing."""
    rng = np.random.default_rng(0)
    topic = np.asarray(whole.items.topics.argmax(axis=1)).ravel()
    texts = tuple(
        " ".join([*(f"{WORDS[each]}{n}" for n in rng.permutation(5)[:3]), f"x{rng.integers(40)}"])
        for each in topic
    )
    none = sparse.csr_matrix((whole.n_items, 0), dtype=np.float32)
    items = replace(whole.items, titles=texts, texts=texts, topics=none, topic_names=())
    return replace(whole, items=items)


def mixed(whole: Split) -> Split:
    """The same titles on other items."""
    order = np.random.default_rng(1).permutation(whole.n_items)
    texts = tuple(whole.items.texts[place] for place in order)
    return replace(whole, items=replace(whole.items, titles=texts, texts=texts))


WARM = worded(planted())
COLD = worded(planted(name="cold-item"))
ONLY = np.bincount(COLD.train.indices, minlength=COLD.n_items) == 0
assert TOPICS == len(WORDS)


def listed(folder: Path, monkeypatch: Any) -> None:
    """The tiny model under the name "tiny" on the admin's list."""
    tiny.make(folder, [*WARM.items.texts, *COLD.items.texts])
    monkeypatch.setenv(folders.LIST, f"tiny={folder}")


@pytest.fixture(scope="module")
def on_the_list(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        listed(tmp_path_factory.mktemp("models") / "tiny", patch)
        yield
