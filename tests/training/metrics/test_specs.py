from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import sparse

from training import registry
from training.distance import from_topics
from training.evaluate import evaluate
from training.split import Split

LANGUAGES = ("en", "zh-hans")


@pytest.mark.parametrize("spec", registry.metrics().values(), ids=lambda spec: spec["id"])
def test_every_measure_is_described(spec: dict) -> None:
    assert spec["direction"] in ("up", "down", "none")
    assert spec["formula"]
    low, high = spec["range"]
    assert high is None or low < high
    for field in ("name", "help"):
        assert all(spec[field][language] for language in LANGUAGES)
        assert re.search("[一-鿿]", spec[field]["zh-hans"])


def test_the_registry_describes_exactly_what_evaluation_gives() -> None:
    rng = np.random.default_rng(0)
    train, test = (sparse.csr_matrix(rng.random((8, 30)) < 0.1, dtype=np.float32) for _ in range(2))
    topics = sparse.csr_matrix(rng.random((30, 4)) < 0.5, dtype=np.float32)
    split = Split(train, sparse.csr_matrix((8, 30)), test, None, "random", 0, None, "", None)
    found = evaluate(
        lambda users: rng.random((len(users), 30)),
        with_topics(split, topics),
        "test",
        distance=from_topics(topics),
        ks=(5,),
    )
    specs = registry.metrics().values()
    names = {s["id"] + ("@5" if s["at_k"] else "") for s in specs if s["per_user"]}
    assert set(found.per_user) == names
    assert set(found.overall) == {s["id"] + "@5" for s in specs if not s["per_user"]}
    for spec in specs:
        if spec["per_user"]:
            values = found.per_user[spec["id"] + ("@5" if spec["at_k"] else "")]
            low, high = spec["range"]
            assert np.nanmin(values) >= low
            assert high is None or np.nanmax(values) <= high + 1e-6


def with_topics(split: Split, topics: sparse.csr_matrix) -> Split:
    import dataclasses

    from training.log import Items

    n = topics.shape[0]
    names = tuple(str(i) for i in range(n))
    items = Items(names, names, ("a", "b", "c", "d"), topics, np.full(n, np.nan, np.float32))
    return dataclasses.replace(split, items=items)
