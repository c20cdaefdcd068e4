"""What is known of items and users beside who took what, as rows that embeddings add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.features import decades, whitened
from training.log import Items
from training.split import Split

COMPONENTS = 64  # of the text vectors


@dataclass(frozen=True)
class Side:
    """Features of items, and of users by what they took.

    items: csr float32 (n_items, f), one group of columns for categories and one for decades, the
    set columns of a group add up to 1; users: csr float32 (n_users, f), the mean of the rows of a
    user's training items; texts: float32 (n_items, t) of unit variance, t = 0 without.
    """

    items: sparse.csr_matrix
    users: sparse.csr_matrix
    texts: np.ndarray


def side(split: Split, model: str, *, text: bool = False) -> Side:
    """The features of a split. text: also read the items' text vectors.

    Raises ValueError naming the model where the catalogue says nothing of any item, or has no text
    vectors although they were asked for.
    """
    items = split.items
    if items is None:
        raise ValueError(f"{model} needs an item catalogue, and this split has none")
    if text and items.vectors is None:
        raise ValueError(f"{model} needs text vectors for text=true, and the items have none")
    rows = attributes(items)
    if not rows.nnz and not text:
        raise ValueError(f"{model} found no category and no year on any item")
    texts = np.zeros((len(items), 0), np.float32)
    if text and items.vectors is not None:
        texts = whitened(items.vectors, COMPONENTS)
    return Side(rows, profiles(split.train, rows), texts)


def attributes(items: Items) -> sparse.csr_matrix:
    """Categories and decade of each item, csr float32 (n_items, f); f may be 0."""
    eras = sparse.csr_matrix(decades(items.years))
    joined = sparse.csr_matrix(sparse.hstack([categories(items), eras]), dtype=np.float32)
    joined.eliminate_zeros()
    joined.sort_indices()
    return joined


def categories(items: Items) -> sparse.csr_matrix:
    """Categories of each item, csr float32 (n_items, n_topics), each row adding up to 1 or 0."""
    topics = sparse.csr_matrix(items.topics, dtype=np.float32, copy=True)
    topics.data[:] = 1.0
    return _shares(topics)


def decade_codes(items: Items) -> np.ndarray:
    """Number of each item's decade among those seen, from 1 on, int64; 0 = unknown."""
    eras = decades(items.years)
    return np.asarray(eras @ np.arange(1, eras.shape[1] + 1), dtype=np.int64)


def profiles(train: sparse.csr_matrix, rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """Mean feature row of what each user took, csr float32 (n_users, f); zeros without events."""
    taken = sparse.csr_matrix(train, dtype=np.float32, copy=True)
    taken.data[:] = 1.0
    found = sparse.csr_matrix(_shares(taken) @ rows, dtype=np.float32)
    found.sort_indices()
    return found


def _shares(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each row divided by its sum; a row of zeros stays one."""
    sums = np.asarray(rows.sum(axis=1)).ravel()
    return sparse.csr_matrix(sparse.diags(1.0 / np.maximum(sums, 1e-12)) @ rows, dtype=np.float32)
