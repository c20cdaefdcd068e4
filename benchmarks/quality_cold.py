"""Items that nobody has touched: what their texts are worth, on two real logs. 1 below a bar.

A tenth of the items gives all its events to test; each model ranks those items alone, by NDCG@10
over users with one of them. Beside the model with texts stand the same model with what else the
catalogue has (MovieLens: genres and year; Beauty: nothing, so attribute-free models), and the same
model with the texts dealt out to other items, which must lose the gain. Pairs are seeds.
lm_frozen and lm_lora (also lm_adapter, lm_full, lm_mlm, lm_simcse) are lm_tuned untuned and tuned:
their difference is printed, and no bar, because on most catalogues there is little in it.

Run: python benchmarks/quality_cold.py [--data FOLDER] [--seeds 6] [--log ml,beauty]
     [--model content_ridge,content_map,two_tower_text] [--kinds text,shuffled,without]
     [--items N] [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from training import registry  # noqa: E402
from training.encoders import minilm  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.features import Positives, multi_hot  # noqa: E402
from training.log import Items  # noqa: E402
from training.models.content_ridge import ContentRidge  # noqa: E402
from training.models.contract import Model, quiet  # noqa: E402
from training.split import Split, split  # noqa: E402

DATA = Path(__file__).parents[2] / "shared" / "datasets"
YEAR = re.compile(r"\((\d{4})\)\s*$")
LEVEL = 0.01  # p of the paired test over seeds
TUNED = {
    "lm_frozen": {"tuning": "frozen"},
    "lm_lora": {"tuning": "lora"},
    "lm_adapter": {"tuning": "adapter"},
    "lm_full": {"tuning": "full"},
    "lm_mlm": {"tuning": "frozen", "pretraining": "mlm"},
    "lm_simcse": {"tuning": "frozen", "pretraining": "simcse"},
}
BLIND = {"ml": (), "beauty": ("pop", "ials", "random")}  # what ranks without any attribute


def movielens(folder: Path) -> tuple[Positives, Items]:
    """All ratings are positives; genres, year and title of each film."""
    with (folder / "ml-latest-small" / "movies.csv").open(encoding="utf-8") as source:
        films = list(csv.DictReader(source))
    with (folder / "ml-latest-small" / "ratings.csv").open(encoding="utf-8") as source:
        rows = [(row["userId"], row["movieId"], row["timestamp"]) for row in csv.DictReader(source)]
    titles = tuple(film["title"] for film in films)
    genres = [tuple(name for name in film["genres"].split("|") if name[0] != "(") for film in films]
    found = [YEAR.search(title) for title in titles]
    years = np.array([float(year[1]) if year else np.nan for year in found], np.float32)
    names, topics = multi_hot(genres)
    return log(rows, [film["movieId"] for film in films]), Items(
        titles, titles, names, topics, years, None
    )


def beauty(folder: Path) -> tuple[Positives, Items]:
    """Titles alone: no category, no year."""
    with (folder / "amazon-beauty" / "items.csv").open(encoding="utf-8") as source:
        things = list(csv.DictReader(source))
    with gzip.open(folder / "amazon-beauty" / "interactions.csv.gz", "rt") as source:
        rows = [
            (row["user_id"], row["item_id"], row["timestamp"]) for row in csv.DictReader(source)
        ]
    titles = tuple(thing["title"] for thing in things)
    names, topics = multi_hot([() for _ in things])
    years = np.full(len(things), np.nan, np.float32)
    return log(rows, [thing["item_id"] for thing in things]), Items(
        titles, titles, names, topics, years, None
    )


def log(rows: list[tuple[str, str, str]], ids: list[str]) -> Positives:
    code = {name: place for place, name in enumerate(ids)}
    pairs = {(user, item): int(at) for user, item, at in rows if item in code}
    users = {name: place for place, name in enumerate(sorted({user for user, _ in pairs}))}
    return Positives(
        users=np.array([users[user] for user, _ in pairs], np.int32),
        items=np.array([code[item] for _, item in pairs], np.int32),
        confidence=np.ones(len(pairs), np.float32),
        at=np.array(list(pairs.values()), np.int64),
        n_users=len(users),
        n_items=len(ids),
    )


def cut(liked: Positives, items: Items, n: int) -> tuple[Positives, Items]:
    """The n items with the most events, and what was done with them; codes count anew."""
    events = np.bincount(liked.items, minlength=len(items))
    kept = np.sort(np.argsort(-events, kind="stable")[:n])
    code = np.full(len(items), -1)
    code[kept] = np.arange(len(kept))
    rows = np.flatnonzero(code[liked.items] >= 0)
    less = replace(
        liked,
        users=np.unique(liked.users[rows], return_inverse=True)[1].astype(np.int32),
        items=code[liked.items[rows]].astype(np.int32),
        confidence=liked.confidence[rows],
        at=None if liked.at is None else liked.at[rows],
        n_users=len(np.unique(liked.users[rows])),
        n_items=len(kept),
    )
    titles = tuple(items.titles[place] for place in kept)
    texts = tuple(items.texts[place] for place in kept)
    return less, replace(
        items, titles=titles, texts=texts, topics=items.topics[kept], years=items.years[kept]
    )


def fitted(name: str, parts: Split, seed: int, kinds: list[Items]) -> Iterator[Model]:
    """The model on each kind of catalogue. The taste vectors of a map are learnt once."""
    if name == "content_ridge":
        tastes = ContentRidge().tastes().fit(parts, rng=np.random.default_rng(seed), progress=quiet)
        for items in kinds:
            yield ContentRidge().fit_map(tastes, replace(parts, items=items))
        return
    for items in kinds:
        given = TUNED.get(name, {})
        made: Model = registry.load_model("lm_tuned" if given else name)(**given)
        mine = replace(parts, items=items)
        yield made.fit(mine, rng=np.random.default_rng(seed), progress=quiet)


def cold_ndcg(model: Model, parts: Split) -> float:
    """Mean NDCG@10 on test when only the test's own cold items are ranked."""
    asked = np.bincount(parts.test.indices, minlength=parts.n_items) > 0

    def scores(users: np.ndarray) -> np.ndarray:
        return np.where(asked, model.scores(users), -np.inf)

    found = evaluate(scores, parts, "test", distance=None, ks=(10,), n_candidates=10)
    return float(found.per_user["ndcg@10"].mean())


def figures(
    name: str,
    liked: Positives,
    items: Items,
    models: list[str],
    seeds: range,
    asked: list[str],
) -> dict[str, list[float]]:
    """What -> NDCG@10 of each seed."""
    found: dict[str, list[float]] = {}
    # without anything to read there is no content model: Beauty has titles alone
    kinds = [kind for kind in asked if name != "beauty" or kind != "without"]
    for seed in seeds:
        parts = split(liked, "cold-item", seed=seed, items=items)
        for model in (*BLIND[name], *models):
            mine = [kind for kind in kinds if model not in TUNED or kind != "without"]
            names = [model] if model in BLIND[name] else [f"{model} {kind}" for kind in mine]
            read = [given(items, kind, seed) for kind in mine[: len(names)]]
            for what, made in zip(names, fitted(model, parts, seed, read), strict=True):
                found.setdefault(what, []).append(cold_ndcg(made, parts))
                print(f"  seed {seed} {what:26s} {found[what][-1]:.4f}", flush=True)
    return found


def given(items: Items, kind: str, seed: int) -> Items:
    if kind == "without":
        return replace(items, vectors=None)
    if kind == "text" or items.vectors is None:
        return items
    order = np.random.default_rng(seed + 1000).permutation(len(items))
    texts = tuple(items.texts[place] for place in order)
    return replace(items, vectors=items.vectors[order], texts=texts)


def verdict(what: str, better: list[float], worse: list[float], *, gained: bool | None) -> bool:
    """Print the paired difference over seeds; gained: it must be above 0 with p < LEVEL.

    gained False: it must not be; None: it may be either.
    """
    off = np.array(better) - np.array(worse)
    p = float(stats.ttest_1samp(off, 0.0, alternative="greater").pvalue)
    good = gained is None or (off.mean() > 0 and p < LEVEL) == gained
    wins = int((off > 0).sum())
    said = f"{off.mean():+.4f} +- {off.std(ddof=1) / np.sqrt(len(off)):.4f}"
    mark = "" if good else "   MISSED"
    print(f"  {what:52s} {said}, {wins}/{len(off)} seeds, p {p:.2g}{mark}")
    return good


def judged(name: str, found: dict[str, list[float]], models: list[str]) -> int:
    missed = 0
    for model in models:
        text, mixed = found[f"{model} text"], found.get(f"{model} shuffled")
        rivals = [f"{model} without"] if name == "ml" else list(BLIND[name])
        rivals = [rival for rival in rivals if rival in found]
        for rival in rivals:
            missed += not verdict(f"{model}: text - {rival}", text, found[rival], gained=True)
        if model in TUNED and model != "lm_frozen" and "lm_frozen" in models:
            verdict(f"{model} - lm_frozen (no bar)", text, found["lm_frozen text"], gained=None)
        if mixed is None:
            continue
        missed += not verdict(f"{model}: text - shuffled texts", text, mixed, gained=True)
        if not rivals:
            continue
        best = max(rivals, key=lambda rival: float(np.mean(found[rival])))
        missed += not verdict(f"{model}: shuffled - {best}", mixed, found[best], gained=False)
    return missed


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, default=DATA)
    ask.add_argument("--seeds", type=int, default=6)
    ask.add_argument("--log", default="ml,beauty")
    ask.add_argument("--model", default="content_ridge,content_map,two_tower_text")
    ask.add_argument("--items", type=int, default=0, help="only so many, those with most events")
    ask.add_argument("--kinds", default="text,shuffled,without")
    ask.add_argument("--cache", type=Path, help="where encoded texts are kept between runs")
    asked = ask.parse_args()
    missed, models = 0, asked.model.split(",")
    with tempfile.TemporaryDirectory() as temporary:
        for name in asked.log.split(","):
            liked, items = {"ml": movielens, "beauty": beauty}[name](asked.data)
            if asked.items:
                liked, items = cut(liked, items, asked.items)
            cache = asked.cache or Path(temporary)
            items = replace(items, vectors=minilm.encode(items.texts, cache=cache))
            print(f"{name}: {liked.n_users} users, {liked.n_items} items, {len(liked)} events")
            seeds, kinds = range(asked.seeds), asked.kinds.split(",")
            found = figures(name, liked, items, models, seeds, kinds)
            for what, each in found.items():
                print(f"  {what:26s} ndcg@10 {np.mean(each):.4f}")
            missed += judged(name, found, models)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
