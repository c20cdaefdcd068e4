"""How much each kind of event foretells a purchase: logistic regression over (user, item) pairs.

One example a pair: which kinds of event it had in the days after its first one and before its
first purchase, and whether that purchase came in those days. The most common kind is the measure:
the weight of another kind is the factor by which it multiplies the odds of a purchase,
exp(w_k) of log(p / (1 - p)) = b + sum_k w_k x_k, x_k = 1 where the pair had the kind
(Hastie, Tibshirani, Friedman 2009, eq. 4.17), with a ridge of 1 on w. It says what comes before
purchases, not what causes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.log import Log

DAY = 86_400
KINDS = 12  # besides the target, the most common ones: 4,096 different examples at most
ENOUGH = 50  # purchases with an event before them
RIDGE = 1.0
STEPS = 50  # of Newton's method; eight do
WHY = {
    "no-times": {
        "en": "The log has no times, so nothing is known to come before a purchase.",
        "zh-hans": "日志没有时间，无法知道哪些事件发生在购买之前。",
    },
    "one-kind": {
        "en": "Weights compare at least two kinds of event besides “{target}”; there are {kinds}.",
        "zh-hans": "除“{target}”外至少需要两种事件才能比较权重；现有 {kinds} 种。",
    },
    "too-short": {
        "en": "No pair of user and item can be watched for {days} days before the log ends, for it "
        "spans {span} days. Choose fewer days.",
        "zh-hans": "日志只跨 {span} 天，没有任何用户与物品的组合能在日志结束前观察满 {days} 天。"
        "请选择更少的天数。",
    },
    "never": {
        "en": "“{target}” never came within {days} days after another event of the same user and "
        "item; {enough} such cases are needed.",
        "zh-hans": "同一用户和物品在其他事件之后 {days} 天内从未出现“{target}”，"
        "至少需要 {enough} 次。",
    },
    "too-few": {
        "en": "Only {bought} times did “{target}” come within {days} days after another event of "
        "the same user and item; {enough} are needed.",
        "zh-hans": "同一用户和物品在其他事件之后 {days} 天内出现“{target}”仅 {bought} 次，"
        "至少需要 {enough} 次。",
    },
}


class NotLearned(ValueError):
    """Why there are no weights: code in WHY, and the arguments of its words."""

    def __init__(self, code: str, **details: str | int) -> None:
        super().__init__(WHY[code]["en"].format(**details))
        self.code, self.details = code, details


@dataclass(frozen=True)
class Weight:
    """times: factor on the odds of a purchase, > 0; 1 = as much as the most common kind, more =
    surer. low, high: 95 % interval over users. pairs: that had the event; bought: of these.
    """

    event: str
    times: float
    low: float
    high: float
    pairs: int
    bought: int


@dataclass(frozen=True)
class Learned:
    """weights: the measure first (1, 1, 1), then by falling weight. pairs: examples; bought: of
    them; late: pairs that began too near the end of the log to be judged, left out.
    """

    target: str
    days: int
    pairs: int
    bought: int
    late: int
    weights: tuple[Weight, ...]


@dataclass(frozen=True)
class _Examples:
    users: np.ndarray  # (n,)
    kinds: np.ndarray  # int64 (n,): bit k = the pair had kind k
    bought: np.ndarray  # bool (n,)
    late: int


def learn(
    log: Log, target: str, rng: np.random.Generator, *, days: int = 7, rounds: int = 200
) -> Learned:
    """The weights of the events that come before `target`.

    days: how long after the first event of a pair its purchase still counts, >= 1; rounds: of the
    bootstrap over users (each a Poisson(1) number of times), more = steadier intervals.
    Raises NotLearned; ValueError on a target that the log does not have, or on days < 1.
    """
    if target not in log.event_names or days < 1:
        raise ValueError(f"no event {target!r}, or no days: {days}")
    if log.at is None:
        raise NotLearned("no-times")
    code = log.event_names.index(target)
    counts = np.bincount(log.events[log.items >= 0], minlength=len(log.event_names))
    counts[code] = 0
    kinds = [int(kind) for kind in np.argsort(-counts, kind="stable")[:KINDS] if counts[kind]]
    if len(kinds) < 2:
        raise NotLearned("one-kind", target=target, kinds=len(kinds))
    found = _examples(log, code, kinds, days * DAY)
    bought = int(found.bought.sum())
    if not len(found.users) and found.late:
        span = int(log.at.max() - log.at.min())
        raise NotLearned("too-short", span=f"{span / DAY:.3g}", days=days)
    if bought < ENOUGH:
        why = "too-few" if bought else "never"
        raise NotLearned(why, target=target, bought=bought, days=days, enough=ENOUGH)
    names = [log.event_names[kind] for kind in kinds]
    weights = _weights(found, names, rng, rounds)
    return Learned(target, days, len(found.users), bought, found.late, weights)


def _examples(log: Log, target: int, kinds: list[int], window: int) -> _Examples:
    assert log.at is not None  # the caller has asked
    rows = np.flatnonzero(log.items >= 0)
    pairs = log.users[rows].astype(np.int64) * log.n_items + log.items[rows]
    order = np.argsort(pairs, kind="stable")  # within a pair the log's order, that of time, stays
    rows, pairs = rows[order], pairs[order]
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    sizes = np.diff(np.append(starts, len(rows)))
    at = log.at[rows]
    inside = at - np.repeat(at[starts], sizes) <= window
    events, places = log.events[rows], np.arange(len(rows))
    never = len(rows)
    purchase = np.where((events == target) & inside, places, never)
    first = np.minimum.reduceat(purchase, starts) if len(rows) else purchase
    bit_of = np.zeros(len(log.event_names), dtype=np.int64)
    bit_of[kinds] = 1 << np.arange(len(kinds))
    before = inside & (places < np.repeat(first, sizes))
    seen = np.bitwise_or.reduceat(np.where(before, bit_of[events], 0), starts)
    whole = at[starts] <= at.max() - window
    kept = whole & (seen > 0)
    late = int((~whole & (seen > 0)).sum())
    return _Examples(log.users[rows[starts[kept]]], seen[kept], first[kept] < never, late)


def _weights(
    found: _Examples, names: list[str], rng: np.random.Generator, rounds: int
) -> tuple[Weight, ...]:
    patterns, which = np.unique(found.kinds, return_inverse=True)
    had = (patterns[:, None] >> np.arange(len(names)) & 1).astype(bool)  # (m, kinds)
    n = np.bincount(which, minlength=len(patterns))
    bought = np.bincount(which, found.bought, minlength=len(patterns))
    measure = int(np.argmax(n @ had))
    others = [kind for kind in range(len(names)) if kind != measure]
    x = np.column_stack([np.ones(len(patterns)), had[:, others]])
    fitted = _fit(x, n.astype(np.float64), bought)
    drawn = _resampled(found, which, len(patterns), x, fitted, rng, rounds)
    low, high = np.exp(np.percentile(drawn, [2.5, 97.5], axis=0))
    made = [
        Weight(
            names[kind],
            float(np.exp(fitted[1 + place])),
            float(low[1 + place]),
            float(high[1 + place]),
            int(n @ had[:, kind]),
            int(bought @ had[:, kind]),
        )
        for place, kind in enumerate(others)
    ]
    made.sort(key=lambda weight: -weight.times)
    base = int(n @ had[:, measure]), int(bought @ had[:, measure])
    return (Weight(names[measure], 1.0, 1.0, 1.0, *base), *made)


def _resampled(
    found: _Examples,
    which: np.ndarray,
    m: int,
    x: np.ndarray,
    start: np.ndarray,
    rng: np.random.Generator,
    rounds: int,
) -> np.ndarray:
    """Coefficients (rounds, 1 + others) with each user drawn a Poisson(1) number of times."""
    # the examples of a user that are alike are one row with two counts
    keys, place = np.unique(found.users.astype(np.int64) * m + which, return_inverse=True)
    user = np.unique(keys // m, return_inverse=True)[1]
    pattern = keys % m
    n = np.bincount(place)
    bought = np.bincount(place, found.bought)
    drawn = np.empty((rounds, x.shape[1]))
    for turn in range(rounds):
        times = rng.poisson(1.0, int(user.max()) + 1)[user]
        drawn[turn] = _fit(
            x, np.bincount(pattern, n * times, m), np.bincount(pattern, bought * times, m), start
        )
    return drawn


def _fit(
    x: np.ndarray, n: np.ndarray, bought: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    """Coefficients (k,) of the grouped logistic regression, the first being the intercept.

    x: (m, k); n, bought: (m,) examples and purchases of each row.
    """
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 1e-6  # the intercept goes where the rate of purchases is
    w = np.zeros(x.shape[1]) if start is None else start.copy()
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope = x.T @ (bought - n * p) - ridge * w
        bend = (x * (n * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        w += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return w
