from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from training.log import Items, Log, known, load_items, load_log, save_items, save_log

LOG = Log(
    users=np.array([0, 1, 0], dtype=np.int32),
    items=np.array([1, -1, 0], dtype=np.int32),
    events=np.array([0, 1, 0], dtype=np.int16),
    values=np.array([4, np.nan, 2], dtype=np.float32),
    at=np.array([10, 20, 30], dtype=np.int64),
    event_names=("rating", "search"),
    n_users=2,
    n_items=2,
)
ITEMS = Items(
    titles=("Heat", "流浪地球"),
    texts=("Heat. Crime", "流浪地球"),
    topic_names=("Crime", "科幻", "none"),
    topics=sparse.csr_matrix(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)),
    years=np.array([1995, np.nan], dtype=np.float32),
)


@pytest.mark.parametrize("log", [LOG, replace(LOG, at=None)])
def test_a_log_comes_back_from_disk(tmp_path: Path, log: Log) -> None:
    save_log(tmp_path / "log", log)
    again = load_log(tmp_path / "log")
    for name in ("users", "items", "events", "values", "at"):
        one, two = getattr(log, name), getattr(again, name)
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_array_equal(one, two)
            assert one.dtype == two.dtype
    assert (again.event_names, again.n_users, again.n_items) == (("rating", "search"), 2, 2)


@pytest.mark.parametrize("vectors", [None, np.eye(2, dtype=np.float32)])
def test_a_catalogue_comes_back_from_disk(tmp_path: Path, vectors: np.ndarray | None) -> None:
    save_items(tmp_path / "items", replace(ITEMS, vectors=vectors))
    again = load_items(tmp_path / "items")
    assert (again.titles, again.texts, again.topic_names) == (
        ITEMS.titles,
        ITEMS.texts,
        ITEMS.topic_names,
    )
    np.testing.assert_array_equal(again.topics.toarray(), ITEMS.topics.toarray())
    np.testing.assert_array_equal(again.years, ITEMS.years)
    assert (again.vectors is None) == (vectors is None)


def test_what_is_known_of_items_comes_back(tmp_path: Path) -> None:
    facts = [(1, "country", "中国"), (0, "cast", "De Niro"), (0, "cast", "Al Pacino")]
    items = replace(ITEMS, **known(facts))
    assert items.triples is not None and items.triples.tolist() == [[0, 0, 0], [0, 0, 1], [1, 1, 2]]
    mark = save_items(tmp_path / "items", items)
    again = load_items(tmp_path / "items")
    assert again.triples is not None and again.triples.tolist() == items.triples.tolist()
    assert again.relation_names == ("cast", "country")
    assert again.entity_names == ("Al Pacino", "De Niro", "中国")
    other = replace(ITEMS, **known([*reversed(facts), facts[0]]))
    assert save_items(tmp_path / "other", other) == mark


def test_without_a_graph_the_folder_is_what_it_was(tmp_path: Path) -> None:
    save_items(tmp_path / "items", replace(ITEMS, **known([])))
    assert load_items(tmp_path / "items").triples is None
    names = {path.stem for path in (tmp_path / "items").iterdir()}
    assert not names & {"triples", "relation_names", "entity_names"}


def test_an_empty_log_and_catalogue_come_back(tmp_path: Path) -> None:
    nothing = np.zeros(0, dtype=np.int32)
    log = Log(nothing, nothing, nothing, nothing, None, (), 0, 0)
    save_log(tmp_path / "log", log)
    assert len(load_log(tmp_path / "log")) == 0
    empty = sparse.csr_matrix((0, 0), dtype=np.float32)
    save_items(tmp_path / "items", Items((), (), (), empty, np.zeros(0, dtype=np.float32)))
    assert load_items(tmp_path / "items").titles == ()


@pytest.mark.parametrize(
    "change",
    [
        {"users": np.array([0, 2, 0])},
        {"items": np.array([0, -2, 0])},
        {"events": np.array([0, 2, 0])},
        {"at": np.array([1])},
        {"values": np.ones((3, 1))},
    ],
)
def test_a_log_that_does_not_fit_is_refused(change: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(LOG, **change)  # type: ignore[arg-type]


def test_a_catalogue_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="topics"):
        replace(ITEMS, topic_names=("one",))
    with pytest.raises(ValueError, match="vectors"):
        replace(ITEMS, vectors=np.eye(3))
    with pytest.raises(ValueError, match="titles"):
        replace(ITEMS, texts=())
    with pytest.raises(ValueError, match="triples' item"):
        replace(ITEMS, **known([(2, "cast", "nobody")]))
    with pytest.raises(ValueError, match="triples must be"):
        replace(ITEMS, triples=np.zeros((2, 2), dtype=np.int32))
