"""Events of a planted log, drawn chunk by chunk: sittings of people, and bursts of programs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.planted.law import BURST, CHUNK, DAY, Plan, World

EVENTS = ("view", "cart", "purchase")
SHARES = (0.86, 0.97)  # of views, of views and carts, where the topic is the user's own
HOUR = 3600


@dataclass(frozen=True)
class Chunk:
    """Events in the order of time. users, items, sessions, at int64 (n,); items are ranks;
    events int8 into EVENTS; dwell float64 seconds; bot bool. Users from plan.users on are bots.
    """

    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    dwell: np.ndarray
    at: np.ndarray
    sessions: np.ndarray
    bot: np.ndarray

    def __len__(self) -> int:
        return len(self.users)


def chunk(world: World, number: int) -> Chunk:
    """The events of piece `number` of the log: CHUNK of them, fewer in the last piece.

    Pieces share no moment, so nothing is drawn twice, and each can be drawn alone.
    """
    plan = world.plan
    rng = np.random.default_rng([plan.seed, 1, number])
    length = plan.days * DAY / plan.chunks
    low = plan.start + int(number * length)
    high = plan.start + int((number + 1) * length)
    n = min(CHUNK, plan.rows - number * CHUNK)
    bursts = _bursts(plan, number)
    parts = _people(world, rng, n - int(bursts.sum()), low, high, number)
    if len(bursts):
        more = _bots(world, rng, bursts, low, high, number)
        parts = {name: np.concatenate([column, more[name]]) for name, column in parts.items()}
    order = np.lexsort((parts["sessions"], parts["at"]))
    return Chunk(**{name: column[order] for name, column in parts.items()})


def _people(
    world: World, rng: np.random.Generator, n: int, low: int, high: int, number: int
) -> dict[str, np.ndarray]:
    """So many events in sittings of a geometric length, each user at one thing a second."""
    sittings = _sittings(world, rng, n, low, high)
    users, at, sitting = sittings["users"], sittings["at"], sittings["sitting"]
    favourite, propensity = world.tastes(users)
    leaves = rng.random(n) < propensity
    topics = np.where(leaves, world.topic(rng.random(n)), favourite)
    items = world.pick(topics, rng.random(n))
    own = topics == favourite
    step = rng.random(n) * np.where(own, 1.0, SHARES[0] / 0.98)  # strangers are rarely bought
    dwell = np.minimum(rng.lognormal(np.where(own, 4.0, 3.0), 0.8), DAY - 1.0)
    return {
        "users": users,
        "items": items.astype(np.int64),
        "events": (step > SHARES[0]).astype(np.int8) + (step > SHARES[1]),
        "dwell": dwell,
        "at": at,
        "sessions": sitting + number * CHUNK,
        "bot": np.zeros(n, dtype=bool),
    }


def _sittings(
    world: World, rng: np.random.Generator, n: int, low: int, high: int
) -> dict[str, np.ndarray]:
    """users, at, sitting (n,) each: no user does two things in the same second."""
    plan = world.plan
    found: list[np.ndarray] = []
    have, first = 0, 0
    while have < n:
        count = int((n - have) / plan.session * 1.1) + 16
        lengths = rng.geometric(1 / plan.session, count)
        users = _active(plan, rng.random(count))
        starts = rng.integers(low, high, count)
        gaps = 1 + rng.exponential(55.0, lengths.sum()).astype(np.int64)
        place = np.repeat(np.arange(count), lengths)
        total = np.cumsum(gaps)
        before = np.append(0, np.cumsum(lengths)[:-1])
        at = starts[place] + total - total[before][place]
        rows = np.stack([users[place], at, place + first])[:, at < high]
        found.append(rows)
        whole = np.concatenate(found, axis=1)
        _, kept = np.unique(whole[0] * 2**34 + whole[1] - low, return_index=True)
        whole = whole[:, np.sort(kept)]
        found, have, first = [whole], whole.shape[1], first + count
    users, at, sitting = found[0][:, :n]
    return {"users": users, "at": at, "sitting": sitting}


def _active(plan: Plan, draws: np.ndarray) -> np.ndarray:
    """Users (n,) by the law of activity: the inverse of a power law's distribution function.

    User r (from 0) has a share ~ (r + 1)^-activity, worked out as if r were continuous.
    """
    power = 1 - plan.activity
    top = plan.users + 1.0
    if abs(power) < 1e-9:
        ranks = top**draws
    else:
        ranks = (1 + draws * (top**power - 1)) ** (1 / power)
    return np.clip(ranks.astype(np.int64) - 1, 0, plan.users - 1)


def _bursts(plan: Plan, number: int) -> np.ndarray:
    """Events of each burst of this piece, int64 (m,): BURST or more each, fewer than twice that,
    where the log has so many; spread over the pieces, the last one only if it is nearly whole.
    """
    events = int(round(plan.bots * plan.rows))
    if not events:
        return np.empty(0, np.int64)
    bursts = max(1, events // BURST)
    pieces = max(1, (plan.rows + CHUNK // 4) // CHUNK)
    mine = np.flatnonzero((2 * np.arange(bursts) + 1) * pieces // (2 * bursts) == number)
    return np.asarray((mine + 1) * events // bursts - mine * events // bursts)


def _bots(
    world: World, rng: np.random.Generator, bursts: np.ndarray, low: int, high: int, number: int
) -> dict[str, np.ndarray]:
    """Bursts (m,) of so many events, one program and at most an hour each, on anything at all."""
    plan, n = world.plan, int(bursts.sum())
    burst = np.repeat(np.arange(len(bursts)), bursts)
    starts = rng.integers(low, max(low + 1, high - HOUR), len(bursts))
    seconds = [rng.choice(HOUR, int(size), replace=False) for size in bursts]
    return {
        "users": plan.users + number * (-(-CHUNK // BURST)) + burst,
        "items": rng.integers(0, plan.items, n),
        "events": np.zeros(n, dtype=np.int8),
        "dwell": rng.uniform(1.0, 2.0, n),
        "at": starts[burst] + np.concatenate(seconds),
        "sessions": number * CHUNK + CHUNK - 1 - burst,
        "bot": np.ones(n, dtype=bool),
    }
