"""The law behind a planted log: who likes what, how popular each item is, and by how much."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

CHUNK = 65_536  # rows drawn at a time: part of the law, so a log depends on its plan alone
DAY = 86_400
BURST = 1_500  # events of one bot within an hour at least, where the log has so many
DIRT = (  # kind -> what the importer says of it, in dirt.py
    "duplicate",
    "no-user",
    "damaged-item",
    "control-character",
    "bad-time",
    "future-time",
    "bad-value",
    "infinite-value",
    "huge-value",
    "extra-cell",
    "missing-cell",
    "stray-quote",
)
SHAPES = ("extra-cell", "missing-cell", "stray-quote")  # only text has them


@dataclass(frozen=True)
class Plan:
    """What a log is made of; the same plan gives the same bytes.

    rows: 1 to 1e8 data rows. users, items, topics: how many there are. slope: of the popularity
    law, item at rank r has a share ~ r^-slope; 0 all equal, above 1 a few have nearly all.
    activity: the same for users. diversity: mean of the users' own propensity to leave their
    topic; 0 nobody ever does, 1 everybody always does. spread: how unlike users are in it; 0 all
    alike, towards 1 all or nothing. session: mean events a sitting. days: length of the log from
    `start` (epoch seconds). bots: share of the rows that bursts of programs make. dirt: kind (in
    DIRT) -> share of the rows.
    Raises ValueError naming the value that came.
    """

    rows: int = 100_000
    users: int = 2_000
    items: int = 1_000
    topics: int = 12
    slope: float = 0.9
    activity: float = 0.6
    diversity: float = 0.3
    spread: float = 0.5
    session: float = 6.0
    days: int = 365
    start: int = 1_672_531_200  # 2023-01-01
    bots: float = 0.0
    dirt: dict[str, float] = field(default_factory=dict)
    language: str = "en"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in BOUNDS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must lie from {low} to {high}, got {value}")
        if self.topics > self.items:
            raise ValueError(f"{self.topics} topics need as many items, got {self.items}")
        if self.language not in ("en", "zh"):
            raise ValueError(f"language must be en or zh, got {self.language!r}")
        unknown = sorted(set(self.dirt) - set(DIRT))
        if unknown:
            raise ValueError(f"unknown dirt {unknown[0]!r}; known: {', '.join(DIRT)}")
        if min(self.dirt.values(), default=0.0) < 0 or sum(self.dirt.values()) > 0.5:
            raise ValueError("the shares of dirt must be 0 or more and at most 0.5 together")
        if self.days * DAY / self.chunks < 7200:
            raise ValueError(f"{self.rows} rows need more than {self.days} days: two hours a chunk")

    @property
    def chunks(self) -> int:
        """How many pieces the log is drawn in; each has its own stretch of time."""
        return -(-self.rows // CHUNK)


BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("rows", 1, 10**8),
    ("users", 1, 10**8),
    ("items", 1, 10**7),
    ("topics", 1, 500),
    ("slope", 0.0, 3.0),
    ("activity", 0.0, 3.0),
    ("diversity", 0.0, 1.0),
    ("spread", 0.0, 0.99),
    ("session", 1.0, 200.0),
    ("days", 1, 10_000),
    ("start", 788_918_400, 1_700_000_000),
    ("bots", 0.0, 0.5),
    ("seed", 0, 2**31 - 1),
)


class World:
    """The items of a plan, in the order of their popularity. topics int16 (n,); the most popular
    item is not item 0: `names` int64 (n,) is the number in the outside id of each rank.
    """

    def __init__(self, plan: Plan) -> None:
        rng = np.random.default_rng([plan.seed, 0])
        self.plan = plan
        self.topics = rng.permutation(np.arange(plan.items) % plan.topics).astype(np.int16)
        self.names = rng.permutation(plan.items) + 1
        fame = np.arange(1, plan.items + 1, dtype=np.float64) ** -plan.slope
        self.popularity = fame / fame.sum()
        self.mass = np.bincount(self.topics, weights=self.popularity, minlength=plan.topics)
        # ranks by topic, most popular first; `ends` cumulates their shares over all topics
        self.by_topic = np.argsort(self.topics, kind="stable")
        self.ends = np.cumsum(self.popularity[self.by_topic])
        self.tops = np.cumsum(self.mass)

    def pick(self, topics: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Ranks (n,) of one item of each topic, by popularity within it. draws in [0, 1)."""
        low = self.tops[topics] - self.mass[topics]
        found = np.searchsorted(self.ends, low + draws * self.mass[topics], side="right")
        first = np.searchsorted(self.topics[self.by_topic], topics, side="left")
        last = np.searchsorted(self.topics[self.by_topic], topics, side="right") - 1
        return np.asarray(self.by_topic[np.clip(found, first, last)])

    def topic(self, draws: np.ndarray) -> np.ndarray:
        """Topics (n,) in proportion to their popularity. draws in [0, 1)."""
        found = np.searchsorted(self.tops, draws * self.tops[-1], side="right")
        return np.asarray(np.minimum(found, self.plan.topics - 1))

    def tastes(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(favourite topic, propensity to leave it in [0, 1]) of each user, both (n,).

        Worked out from the user's number: so it takes no memory, however many there are.
        """
        favourite = self.topic(_unit(users, self.plan.seed, 1))
        mean, spread = self.plan.diversity, self.plan.spread
        # two draws weighed together: the mean is `mean`, and the ends come nearer with spread
        extreme = (_unit(users, self.plan.seed, 2) < mean).astype(np.float64)
        return favourite, (1 - spread) * mean + spread * extreme


def _unit(numbers: np.ndarray, seed: int, salt: int) -> np.ndarray:
    """Uniform in [0, 1), the same for the same number: splitmix64 (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64) + np.uint64((seed * 4 + salt) % 2**40 + 1)
        x *= np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) / 2**53
