"""SHA-256 of what a version says, whatever the order of its rows, files and codes.

Each row is hashed by itself into 256 bits, from the digests of the outside ids it names; the sums
of these (four lanes, each modulo 2^64) do not depend on order, and a SHA-256 over the sums and
counts is the fingerprint. It recognises content; it does not defend against a forger.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np

from recweb.datasets import tasks
from recweb.datasets.arrays import Rows
from recweb.datasets.patience import check

LANES = 4
SLICE = 2**18  # events mixed at a time: they stay in the cache
ODD = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F],
    dtype=np.uint64,
)


def digests(kind: str, texts: Iterable[str]) -> np.ndarray:
    """uint64 (n, 4): SHA-256 of each text, told apart by kind."""
    start = hashlib.sha256(kind.encode() + b"\0")
    made = bytearray()
    for place, text in enumerate(texts):
        if place % SLICE == 0:
            check()
        each = start.copy()
        each.update(text.encode("utf-8", "surrogatepass"))
        made += each.digest()
    return np.frombuffer(made, dtype="<u8").reshape(-1, LANES)


def of_log(
    rows: Rows, user_ids: Sequence[str], item_ids: Sequence[str], event_names: Sequence[str]
) -> np.ndarray:
    """uint64 (4,): the order-free sum over the events."""
    users = digests("user", user_ids)
    items = digests("item", [*item_ids, "\0search"])  # -1, a search, finds the last one
    events = digests("event", event_names)
    total = np.zeros(LANES, dtype=np.uint64)
    for each in tasks.workspace().slices(len(rows), *rows.columns.values(), size=SLICE):
        total += _sum(rows.take(each), users, items, events)
    return total


def _sum(rows: Rows, users: np.ndarray, items: np.ndarray, events: np.ndarray) -> np.ndarray:
    values = np.where(np.isnan(rows.values), np.float32(np.nan), rows.values + np.float32(0))
    bits = values.astype("<f4").view("<u4").astype(np.uint64)
    at = np.full(len(rows), 1, np.int64) if rows.at is None else rows.at
    total = np.zeros(LANES, dtype=np.uint64)
    for lane in range(LANES):
        mixed = _mix(users[rows.users, lane] ^ ODD[lane])
        mixed = _mix(mixed + items[rows.items, lane])
        mixed = _mix(mixed + events[rows.events, lane])
        mixed = _mix(mixed + bits * ODD[lane])
        total[lane] = _mix(mixed + at.astype(np.uint64) * ODD[-1 - lane]).sum(dtype=np.uint64)
    return total


def of_facts(kind: str, facts: Iterable[object]) -> np.ndarray:
    """uint64 (4,): the order-free sum over catalogue or user rows, each any JSON value."""
    texts = (json.dumps(fact, ensure_ascii=False, sort_keys=True) for fact in facts)
    return np.asarray(digests(kind, texts).sum(axis=0, dtype=np.uint64))


def seal(*sums: np.ndarray, counts: Sequence[int]) -> str:
    """The fingerprint: 64 hexadecimal digits."""
    numbers = np.concatenate([*sums, np.array(counts, dtype=np.uint64)])
    return hashlib.sha256(numbers.astype("<u8").tobytes()).hexdigest()


def _mix(x: np.ndarray) -> np.ndarray:
    """A bijection of 64-bit numbers in which each bit moves half of the others (splitmix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
