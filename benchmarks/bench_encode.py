"""Texts a core-second, beside sentence-transformers with the same weights. 1 below the bar.

Short titles, all-MiniLM-L6-v2: ours without padding in batches of 2,048 tokens, in bfloat16 where
the processor multiplies it; theirs as it comes. Both in one process, one thread, in turns, medians
of CPU time; the bar is three times as many at a cosine of .995 to their vectors, for every single
title, and .98 of each title's ten nearest the same. Our float32, which models are given, is printed
beside.

Run: python benchmarks/bench_encode.py [--titles FILE.csv] [--n 2000]
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from training.encoders import minilm  # noqa: E402
from training.encoders.reader import fast_dtype  # noqa: E402

DATA = Path(__file__).parents[2] / "shared" / "datasets"
TIMES, COSINE, ROUNDS = 3.0, 0.995, 5
NEAREST, OVERLAP = 10, 0.98


def titles(path: Path, n: int) -> list[str]:
    with path.open(encoding="utf-8") as source:
        found = [row["title"] for row in csv.DictReader(source)]
    return list(np.random.default_rng(0).permutation(found)[:n])


def nearest(vectors: np.ndarray) -> np.ndarray:
    """The NEAREST other rows of each, by cosine."""
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    return np.argsort(-alike, axis=1, kind="stable")[:, :NEAREST]


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the one's rows that stand in the other's, meaned over rows."""
    shared = [np.isin(a, b).mean() for a, b in zip(one, other, strict=True)]
    return float(np.mean(shared))


def core_seconds(work: Callable[[], np.ndarray]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--titles", type=Path, default=DATA / "ml-latest-small" / "movies.csv")
    ask.add_argument("--n", type=int, default=2000)
    asked = ask.parse_args()
    torch.set_num_threads(1)
    from sentence_transformers import SentenceTransformer

    texts, dtype = titles(asked.titles, asked.n), fast_dtype()
    theirs = SentenceTransformer(str(minilm.model_folder()), device="cpu", local_files_only=True)

    def peer() -> np.ndarray:
        return np.asarray(theirs.encode(texts, normalize_embeddings=True, show_progress_bar=False))

    def ours() -> np.ndarray:
        return minilm.encode(texts, dtype=dtype)

    def exact() -> np.ndarray:
        return minilm.encode(texts, dtype="float32")

    theirs_too = peer()  # all warm after this
    fast = ours()
    cosine, off = (fast * theirs_too).sum(axis=1), float(np.abs(exact() - theirs_too).max())
    near = overlap(nearest(fast), nearest(theirs_too))
    turns = [[core_seconds(work) for work in (ours, peer, exact)] for _ in range(ROUNDS)]
    mine, other, same = (float(np.median(each)) for each in zip(*turns, strict=True))
    each = sorted(row[1] / row[0] for row in turns)
    n, times = len(texts), other / mine
    good = times >= TIMES and cosine.min() >= COSINE and near >= OVERLAP
    print(f"{n} titles of {asked.titles.parent.name}, texts a core-second:")
    print(
        f"  sentence-transformers {n / other:.0f}; ours float32 {n / same:.0f}: "
        f"{other / same:.2f} times, off by {off:.1e} at most"
    )
    print(
        f"  ours {dtype} {n / mine:.0f}: {times:.2f} times (bar {TIMES}; turns {each[0]:.2f} to "
        f"{each[-1]:.2f}), cosine at least "
        f"{cosine.min():.4f}, mean {cosine.mean():.4f} (bar {COSINE}), "
        f"of the ten nearest {near:.3f} the same (bar {OVERLAP})"
        f"{'' if good else '  MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
