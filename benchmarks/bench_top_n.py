"""Top-N on MovieLens 100K, 80/20 at random: NDCG@10 and core-seconds of a fit. 1 below a bar.

All ratings are positives, training is masked. `ials` stands beside the library implicit with the
parameters that performance.md gives it (alpha 4, ridge 30), both on one thread, in turn, the
median of the runs; `ease` beside its bar. `default` is the model as the product offers it.

Run: python benchmarks/bench_top_n.py recbole-1.2.1-py3-none-any.whl
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import quality_ml100k as ml  # noqa: E402

from training import registry  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.models.contract import quiet  # noqa: E402
from training.split import Split  # noqa: E402

Scores = Callable[[np.ndarray], np.ndarray]
IALS, EASE, TIMES, RUNS = 0.445, 0.440, 1.5, 7


def ours(name: str, parts: Split, **params: float) -> Scores:
    made = registry.load_model(name)(**params)
    return made.fit(parts, rng=np.random.default_rng(0), progress=quiet).scores


def theirs(parts: Split) -> Scores:
    from implicit.als import AlternatingLeastSquares

    weights = parts.train.copy()
    weights.data[:] = 1.0 + 4.0  # what is stored is the confidence itself
    made = AlternatingLeastSquares(
        factors=64,
        regularization=30.0,
        alpha=1.0,
        iterations=15,
        use_gpu=False,
        num_threads=1,
        random_state=0,
    )
    made.fit(weights, show_progress=False)
    return lambda users: made.user_factors[users] @ made.item_factors.T


def ndcg(scores: Scores, parts: Split) -> float:
    found = evaluate(scores, parts, "test", distance=None, ks=(10,), n_candidates=10)
    return float(found.per_user["ndcg@10"].mean())


def main(wheel: Path) -> int:
    rows = ml.ratings(wheel)
    part = np.where(np.random.default_rng(0).random(len(rows[0])) < 0.8, 0, 2)
    parts = ml.split(rows, part, stars=False)
    fits: dict[str, Callable[[], Scores]] = {
        "implicit ALS, alpha 4, ridge 30": lambda: theirs(parts),
        "ials, default": lambda: ours("ials", parts),
        "ease, default": lambda: ours("ease", parts),
    }
    spent: dict[str, list[float]] = {name: [] for name in fits}
    found: dict[str, float] = {}
    for _ in range(RUNS):
        for name, fit in fits.items():
            begun = time.process_time()
            scores = fit()
            spent[name].append(time.process_time() - begun)
            found[name] = found.get(name) or ndcg(scores, parts)
    middle = {name: float(np.median(each)) for name, each in spent.items()}
    for name in fits:
        print(f"{name:32s} NDCG@10 {found[name]:.4f}   {middle[name]:.3f} core-s")
    peer, mine, other = fits
    ratio = middle[mine] / middle[peer]
    good = found[mine] >= IALS and ratio <= TIMES and found[other] >= EASE
    print(
        f"ials {ratio:.2f} times implicit's time (bar {TIMES}), bars {IALS} and {EASE}"
        f"{'' if good else '   MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
