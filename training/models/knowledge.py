"""What is known of items as edges from items to entities."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.features import decades
from training.log import Items

LEAST = 2  # items of an entity: one that a single item has joins nothing


def edges(
    items: Items | None, source: str = "auto", *, shuffled: bool = False
) -> sparse.csr_matrix:
    """Which item has which entity, csr float32 (n_items, n_entities) of ones.

    source: triples, catalogue (categories and decades), both, or auto: triples where there are
    any, else catalogue. An entity counts anew in each relation (who directs is not who acts), and
    only where at least LEAST items have it. shuffled: each item has the entities of another item,
    always the same draw. Raises ValueError where nothing is known.
    """
    if items is None:
        raise ValueError("kg_cf needs triples or categories of items, and this split has none")
    if source == "auto":
        source = "catalogue" if items.triples is None else "triples"
    parts = []
    if source in ("triples", "both"):
        if items.triples is None:
            raise ValueError("kg_cf needs triples for this source, and none were uploaded")
        parts.append(_of_triples(items))
    if source in ("catalogue", "both"):
        parts += [sparse.csr_matrix(items.topics), sparse.csr_matrix(decades(items.years))]
    found = sparse.csr_matrix(sparse.hstack(parts), dtype=np.float32)
    found.sum_duplicates()
    found.eliminate_zeros()
    found = sparse.csr_matrix(found[:, found.getnnz(axis=0) >= LEAST])
    if not found.nnz:
        raise ValueError("kg_cf found no category, decade or entity that two items share")
    found.data[:] = 1.0
    if shuffled:
        found = found[np.random.default_rng(0).permutation(len(items))]
    found.sort_indices()
    return found


def means(known: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each item's entities in equal shares that add up to 1, csr float32; zeros without any."""
    each = 1.0 / np.maximum(np.diff(known.indptr), 1)
    return sparse.csr_matrix(sparse.diags(each) @ known, dtype=np.float32)


def _of_triples(items: Items) -> sparse.csr_matrix:
    assert items.triples is not None  # noqa: S101  asked before
    item, relation, entity = (items.triples[:, column].astype(np.int64) for column in range(3))
    pairs = relation * max(len(items.entity_names), 1) + entity
    kinds, place = np.unique(pairs, return_inverse=True)
    ones = np.ones(len(item), np.float32)
    return sparse.csr_matrix((ones, (item, place)), shape=(len(items), len(kinds)))
