"""Logs whose illness is known: tastes, a long tail, and what a test plants into them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.health.data import Data
from training.log import Items, Log

YEAR = 365 * 86400
START = 1_599_955_200  # a midnight
Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # users, items, values, at


def genuine(n_users: int = 1500, n_items: int = 800, seed: int = 0) -> Columns:
    """People with a taste: topics by a Dirichlet draw, items by topic and a popularity law."""
    rng = np.random.default_rng(seed)
    popularity = rng.permutation(1 / np.arange(1, n_items + 1) ** 0.9)
    topic = rng.integers(0, 12, n_items)
    quality = rng.normal(3.4, 0.5, n_items)
    parts = []
    for user in range(n_users):
        n = int(min(n_items * 0.4, max(5, rng.lognormal(np.log(30), 0.8))))
        taste = rng.dirichlet(np.full(12, 0.3))
        p = popularity * (0.15 / 12 + taste[topic] * 0.85)
        items = rng.choice(n_items, size=n, replace=False, p=p / p.sum())
        values = np.clip(np.round(quality[items] + rng.normal(0, 0.9, n)), 1, 5)
        at = START + rng.integers(0, YEAR) + np.cumsum(rng.exponential(3600, n))
        parts.append((np.full(n, user), items, values, at))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))  # type: ignore[return-value]


def attacked(
    base: Columns, n_users: int, n_items: int, kind: str, *, share: float = 0.01, seed: int = 1
) -> tuple[Columns, np.ndarray, int]:
    """(columns, attackers, target): 1 % more users with 50-item profiles that push one item.

    kind: random, average, popular or bandwagon fillers; nuke = random fillers, lowest rating.
    """
    rng = np.random.default_rng(seed)
    popularity = np.bincount(base[1], minlength=n_items)
    mean = np.bincount(base[1], weights=base[2], minlength=n_items) / np.maximum(popularity, 1)
    ranked = np.argsort(-popularity)
    target = int(ranked[20] if kind == "nuke" else ranked[n_items // 2])
    others = np.setdiff1d(np.arange(n_items), [target])
    n = round(share * n_users)
    parts = [base]
    for user in range(n_users, n_users + n):
        if kind == "bandwagon":
            top = rng.choice(np.setdiff1d(ranked[:10], [target]), 5, replace=False)
            rest = rng.choice(np.setdiff1d(others, top), 44, replace=False)
            items = np.concatenate([top, rest])
        else:
            p = popularity[others] / popularity[others].sum() if kind == "popular" else None
            items = rng.choice(others, 49, replace=False, p=p)
        values = mean[items] if kind == "average" else rng.normal(3.4, 1.1, 49)
        values = np.append(np.clip(np.round(values), 1, 5), 1 if kind == "nuke" else 5)
        at = START + rng.integers(0, YEAR) + np.cumsum(rng.exponential(600, 50))
        parts.append((np.full(50, user), np.append(items, target), values, at))
    columns: Columns = tuple(map(np.concatenate, zip(*parts, strict=True)))  # type: ignore[assignment]
    return columns, np.arange(n_users, n_users + n), target


def data(
    columns: Columns, *, rated: bool = True, timed: bool = True, titles: tuple[str, ...] = ()
) -> Data:
    users, items, values, at = columns
    order = np.argsort(at, kind="stable")
    n_users, n_items = int(users.max()) + 1, max(int(items.max()) + 1, len(titles))
    named = titles or tuple(f"item {code}" for code in range(n_items))
    log = Log(
        users[order].astype(np.int32),
        items[order].astype(np.int32),
        np.zeros(len(users), np.int16),
        values[order].astype(np.float32) if rated else np.full(len(users), np.nan, np.float32),
        at[order].astype(np.int64) if timed else None,
        ("rating",),
        n_users,
        n_items,
    )
    topics = sparse.csr_matrix((n_items, 0), dtype=np.float32)
    years = np.full(n_items, np.nan, np.float32)
    return Data(log, Items(named, named, (), topics, years), now=START + 2 * YEAR)


def small(*rows: tuple[int, int, int]) -> Data:
    """(user, item, seconds after START) rows, each rated 1."""
    users, items, at = (np.array(column) for column in zip(*rows, strict=True))
    return data((users, items, np.ones(len(users)), START + at))
