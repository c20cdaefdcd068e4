"""Whom to look at first: somebody new, somebody of narrow taste, somebody heavy. Worker only."""

from typing import Any

import numpy as np
import numpy.typing as npt

from training.split import Split


def worth_a_look(users: npt.NDArray[np.int32], split: Split) -> list[dict[str, Any]]:
    """[{"user": code, "kind": "new" | "narrow" | "heavy"}], of users with a history in train."""
    sizes = np.diff(split.train.indptr)[users]
    known = np.asarray(users)[sizes > 0]
    sizes = sizes[sizes > 0]
    if not len(known):
        return []
    chosen: dict[int, str] = {int(known[sizes.argmin()]): "new"}
    narrow = _narrow(known, sizes, split)
    if narrow is not None:
        chosen.setdefault(narrow, "narrow")
    chosen.setdefault(int(known[sizes.argmax()]), "heavy")
    return [{"user": user, "kind": kind} for user, kind in chosen.items()]


def _narrow(
    users: npt.NDArray[np.int32], sizes: npt.NDArray[np.integer], split: Split
) -> int | None:
    """Whose history is spread over the fewest topics, among those with a middling one or more."""
    topics = getattr(split.items, "topics", None)
    if topics is None or not topics.nnz:
        return None
    enough = users[sizes >= np.median(sizes)]
    profile = np.asarray((split.train[enough] > 0).astype(np.float64) @ topics.todense())
    shares = profile / np.maximum(profile.sum(axis=1, keepdims=True), 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -np.where(shares > 0, shares * np.log2(shares), 0.0).sum(axis=1)
    bits[profile.sum(axis=1) == 0] = np.inf
    return int(enough[bits.argmin()])
