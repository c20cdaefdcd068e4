"""What iALS reaches when alpha and regularization are left to the log, beside alpha 3 and ridge 30.

Six logs from dense to sparse: MovieLens 100K (five splits), the demo ratings, CiteULike-a, Beauty
sequences, the planted log of 1 and of 10 million events. The constants of the rule
(training/models/confidence.py: balance, hold) were chosen on the validation column alone; the test
column is read once. NDCG@10, CiteULike Recall@50. 1 when the rule is below the fixed pair by more
than NOISE of it on any test, or below a bar.

Run: python benchmarks/quality_ials_defaults.py recbole-1.2.1-py3-none-any.whl [--only demo,beauty]
     [--log1 FILE.npz] [--log10 FILE.npz]    logs of ../shared/tools/planted_log.py
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import quality_ml100k as ml100k  # noqa: E402
from quality_demo import demo_log  # noqa: E402
from scipy import sparse  # noqa: E402

from training.cli.arguments import parser, request  # noqa: E402
from training.cli.data import load, top_n  # noqa: E402
from training.cli.tune import hold_out  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.features import Rule, positives  # noqa: E402
from training.models.contract import quiet  # noqa: E402
from training.models.ials import Ials  # noqa: E402
from training.split import Split, split  # noqa: E402

DATA = Path(__file__).parents[2] / "shared" / "datasets"
FIXED = {"alpha": 3.0, "regularization": 30.0}
BARS = {"ml-100k": 0.332, "planted 10M": 0.31}  # NDCG@10 on test
NOISE = 0.01  # of the fixed pair's figure
USERS = 20_000  # of the planted logs, the first with test events


def door(*words: str) -> Split:
    asked = request(parser().parse_args(["evaluate", *words, "--model", "pop"]))
    return top_n(asked, load(asked))


def planted(log: Path) -> Split:
    with np.load(log, allow_pickle=False) as found:
        users, items = found["user"], found["item"]
    held = np.random.default_rng(0).random(len(users)) < 0.2
    shape = (int(users.max()) + 1, int(items.max()) + 1)

    def part(mine: np.ndarray) -> sparse.csr_matrix:
        ones = np.ones(int(mine.sum()), np.float32)
        made = sparse.csr_matrix((ones, (users[mine], items[mine])), shape=shape)
        made.sort_indices()
        return made

    none = sparse.csr_matrix(shape, dtype=np.float32)
    return Split(part(~held), none, part(held), None, "given", 0, None)


def logs(given: argparse.Namespace) -> Iterator[tuple[str, list[Split]]]:
    wanted = set(given.only.split(","))
    if "ml100k" in wanted and given.wheel is not None:
        rows = ml100k.ratings(given.wheel)
        cuts = np.load(ml100k.SPLITS)
        yield "ml-100k", [ml100k.split(rows, part, stars=False) for part in cuts]
    if "demo" in wanted:
        liked = positives(demo_log(), [Rule("rating", confidence="value")])
        yield "demo", [split(liked, "user-temporal")]
    if "citeulike" in wanted:
        train, test = (
            str(DATA / "citeulike-a" / f"cf-{part}-10-users.dat") for part in ("train", "test")
        )
        yield (
            "citeulike-a",
            [door("--log", train, "--test", test, "--split", "given", "--format", "counted")],
        )
    if "beauty" in wanted:
        file = str(DATA / "amazon-beauty-sequences" / "Beauty.txt")
        yield "beauty", [door("--log", file, "--format", "sequences", "--split", "leave-last")]
    for name, log in (("planted 1M", given.log1), ("planted 10M", given.log10)):
        if log is not None:
            yield name, [planted(log)]


def measured(model: Ials, parts: Split, part: str, measure: str) -> float:
    name, k = measure.split("@")
    some = np.flatnonzero(np.diff(getattr(parts, part).indptr) > 0)[:USERS]
    ks, n = (int(k),), int(k)
    found = evaluate(model.scores, parts, part, distance=None, ks=ks, n_candidates=n, users=some)
    return float(found.per_user[f"{name}@{k}"].mean())


def figures(name: str, cut: list[Split], params: dict[str, float]) -> tuple[float, float]:
    """(validation, test), means over the splits; the log's own words on the way."""
    measure = "recall@50" if name == "citeulike-a" else "ndcg@10"
    both, spent = [], time.process_time()
    for parts in cut:
        inner = parts if parts.validation.nnz else hold_out(parts, np.random.default_rng(0))
        made = fitted(inner, params)
        chosen = measured(made, inner, "validation", measure)
        if inner is not parts:
            made = fitted(parts, params)
        both.append((chosen, measured(made, parts, "test", measure)))
    value, test = np.mean(both, axis=0)
    used = ", ".join(f"{key} {made.params[key]:.3g}" for key in FIXED)
    print(
        f"{name:12s} {measure:9s} validation {value:.4f}  test {test:.4f}  {used:32s} "
        f"{time.process_time() - spent:6.1f} cpu s",
        flush=True,
    )
    return float(value), float(test)


def fitted(parts: Split, params: dict[str, float]) -> Ials:
    bare = replace(parts, train_at=None)
    return Ials(**params).fit(bare, rng=np.random.default_rng(0), progress=quiet)


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("wheel", type=Path, nargs="?", help="recbole's, for MovieLens 100K")
    ask.add_argument("--only", default="ml100k,demo,citeulike,beauty")
    ask.add_argument("--log1", type=Path)
    ask.add_argument("--log10", type=Path)
    missed = 0
    for name, cut in logs(ask.parse_args()):
        _, before = figures(name, cut, FIXED)
        _, after = figures(name, cut, {})
        bad = after < (1 - NOISE) * before or after < BARS.get(name, 0.0)
        missed += bad
        print(f"{name:12s} {after - before:+.4f}{'  MISSED' if bad else ''}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
