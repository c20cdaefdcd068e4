from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.engine.graph import normalised
from training.log import Items, known
from training.models.kg_cf import SPEC
from training.models.kg_cf_task import Informed
from training.models.knowledge import edges
from training.registry import fill
from training.split import Split

FAST = {"epochs": 12, "batch": 256}
CPU = torch.device("cpu")


def bare(n: int) -> Items:
    names = tuple(map(str, range(n)))
    none = sparse.csr_matrix((n, 0), dtype=np.float32)
    return Items(names, names, (), none, np.full(n, np.nan, dtype=np.float32))


def told(whole: Split) -> Split:
    """The planted topics as triples, and no categories."""
    topic = np.asarray(whole.items.topics.argmax(axis=1)).ravel()
    facts = known((item, "about", f"topic {one}") for item, one in enumerate(topic))
    return replace(whole, train_at=None, items=replace(bare(whole.n_items), **facts))


FULL = planted()
SPLIT = told(FULL)


def test_knowledge_ranks_new_items_and_a_shuffled_graph_loses_the_gain() -> None:
    cold = told(planted(name="cold-item"))
    only = np.bincount(cold.train.indices, minlength=cold.n_items) == 0
    real = ndcg(fitted("kg_cf", cold, **FAST), cold, only=only)
    control = ndcg(fitted("kg_cf", cold, **FAST, shuffled=True), cold, only=only)
    without = ndcg(fitted("lightgcn", cold, **FAST), cold, only=only)
    assert real > 1.4 * without
    assert control < 1.1 * ndcg(fitted("random", cold), cold, only=only)


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    pop = ndcg(fitted("pop", FULL), FULL)
    assert ndcg(fitted("kg_cf", FULL, **FAST), FULL) > 1.3 * pop
    assert ndcg(fitted("kg_cf", shuffled(FULL), **FAST), FULL) < 1.1 * pop


def test_without_knowledge_it_is_lightgcn() -> None:
    users = np.arange(SPLIT.n_users)
    ours = fitted("kg_cf", SPLIT, **FAST, knowledge=0.0)
    assert np.array_equal(ours.scores(users), fitted("lightgcn", SPLIT, **FAST).scores(users))


def test_vectors_are_the_mean_over_the_powers_of_the_graph_from_informed_items() -> None:
    torch.manual_seed(0)
    years = np.where(np.arange(FULL.n_items) % 2 == 0, 1975, 2003).astype(np.float32)
    facts = edges(replace(FULL.items, years=years))  # a topic and a decade each
    train = FULL.train.tolil()
    train[:, 9] = 0
    params = fill(SPEC, {"layers": 3, "loss": "bpr", "knowledge": 0.7})
    made = Informed(train.tocsr(), facts, params, CPU)
    users, items, entities = (
        table.detach().numpy()
        for table in (made.users.weight, made.items.weight, made.entities.table.weight)
    )
    own = np.ones((FULL.n_items, 1))
    own[9] = 0  # nobody took it
    informed = own * items + 0.7 * facts.toarray() / 2 @ entities
    start, graph = np.concatenate([users, informed]), normalised(train.tocsr()).toarray()
    powers = [np.linalg.matrix_power(graph, k) @ start for k in range(4)]
    found = np.concatenate([side.detach().numpy() for side in made.vectors()])
    np.testing.assert_allclose(found, np.mean(powers, axis=0), atol=1e-6)


def test_an_entity_counts_anew_in_each_relation_and_once_for_one_item() -> None:
    facts = [(0, "acts", "Ann"), (1, "acts", "Ann"), (1, "acts", "Ann"), (2, "directs", "Ann"),
             (0, "directs", "Ann"), (3, "acts", "Bob")]  # fmt: skip
    items = replace(bare(5), **known(facts))
    found = edges(items).toarray()
    assert found.tolist() == [[1, 1], [1, 0], [0, 1], [0, 0], [0, 0]]  # Bob joins nothing
    mixed = edges(items, shuffled=True).toarray()
    assert sorted(mixed.tolist()) == sorted(found.tolist()) and mixed.tolist() != found.tolist()


def test_the_catalogue_stands_in_for_triples() -> None:
    years = np.where(np.arange(FULL.n_items) % 2 == 0, 1975, 2003).astype(np.float32)
    items = replace(FULL.items, years=years)
    assert edges(items).shape == (FULL.n_items, 8)  # six topics, two decades
    assert edges(replace(SPLIT.items, years=years), "both").shape == (FULL.n_items, 8)


def test_it_refuses_items_of_which_nothing_is_known() -> None:
    with pytest.raises(ValueError, match="this split has none"):
        fitted("kg_cf", replace(SPLIT, items=None))
    with pytest.raises(ValueError, match="no category, decade or entity that two items share"):
        fitted("kg_cf", replace(SPLIT, items=bare(SPLIT.n_items)))
    with pytest.raises(ValueError, match="none were uploaded"):
        fitted("kg_cf", FULL, source="triples")
