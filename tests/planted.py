"""Files with planted taste: groups of users that like groups of items, some items everybody."""

import csv
import io

import numpy as np

TOPICS = ("Comedy", "Drama", "Action", "Horror", "Romance", "War")
START = 1_500_000_000
DAY = 86_400


def files(n_users: int = 120, n_items: int = 90, seed: int = 7, per_user: int = 24) -> "Files":
    """Each user prefers one topic (70 %), the rest falls on popular items; times grow."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, len(TOPICS), n_items)
    fame = 1 / np.arange(1, n_items + 1) ** 0.6
    fame = rng.permutation(fame)
    rows: list[list[object]] = []
    for user in range(n_users):
        mine = user % len(TOPICS)
        taste = fame * np.where(topic == mine, 8.0, 1.0)
        chosen = rng.choice(n_items, per_user, replace=False, p=taste / taste.sum())
        times = START + np.sort(rng.integers(0, 300 * DAY, per_user))
        for item, at in zip(chosen, times, strict=True):
            stars = min(5.0, 2.0 + 2.0 * (topic[item] == mine) + 0.5 * rng.integers(0, 3))
            rows.append([f"u{user}", f"i{item}", stars, int(at)])
    items = [
        [f"i{item}", f"{TOPICS[topic[item]]} film {item} (19{50 + item % 50})", TOPICS[topic[item]]]
        for item in range(n_items)
    ]
    return Files(
        _csv(["user_id", "item_id", "rating", "timestamp"], rows),
        _csv(["item_id", "title", "genres"], items),
        topic,
    )


class Files:
    def __init__(self, ratings: str, items: str, topic: np.ndarray) -> None:
        self.ratings, self.items, self.topic = ratings, items, topic


def _csv(header: list[str], rows: list[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
