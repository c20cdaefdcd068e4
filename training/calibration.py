"""Scores into probabilities that mean what they say, and how far off they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

METHODS = ("none", "platt", "isotonic")
STEPS = 100  # of Newton's method, which needs about ten
TINY = 1e-10  # a step so small changes nothing any more


@dataclass(frozen=True)
class Calibration:
    """A rising map from logits to probabilities. xs, ys: float64 knots of the isotonic one.

    slope, offset: of Platt's one; 1 and 0 with method "none": the plain sigmoid.
    """

    method: str = "none"
    slope: float = 1.0
    offset: float = 0.0
    xs: np.ndarray | None = None
    ys: np.ndarray | None = None

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities, float64 in the shape of `logits`."""
        if self.method == "isotonic" and self.xs is not None and self.ys is not None:
            return np.asarray(np.interp(logits, self.xs, self.ys))
        return sigmoid(self.slope * np.asarray(logits, np.float64) + self.offset)


def calibrate(logits: np.ndarray, labels: np.ndarray, method: str = "platt") -> Calibration:
    """The map of `method` that fits labels (n,) of 0 and 1 best. logits: (n,).

    platt: sigmoid(slope x logit + offset), Platt 1999; isotonic: the best rising steps (Zadrozny
    and Elkan 2002), which need thousands of pairs. Raises ValueError on another method, and where
    the labels are all alike: nothing tells then what a score is worth.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if method == "none":
        return Calibration()
    if not 0 < float(labels.mean()) < 1:
        raise ValueError("calibration needs pairs that were taken and pairs that were not")
    if method == "platt":
        slope, offset = _platt(logits.astype(np.float64), labels > 0)
        return Calibration("platt", slope, offset)
    return _isotonic(logits.astype(np.float64), labels.astype(np.float64))


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean -ln of the probability that was given to what came true; 0 is perfect."""
    right = np.where(labels > 0, probabilities, 1.0 - probabilities)
    return float(-np.log(np.maximum(right, 1e-15)).mean())


def ece(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error, 0..1: mean |predicted - observed| over bins of equal size.

    Naeini, Cooper, Hauskrecht (AAAI 2015), eq. 1, with bins by rank instead of by width.
    """
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(float(probabilities[part].mean() - labels[part].mean())) for part in parts]
    return float(np.average(gaps, weights=[len(part) for part in parts]))


def told(calibration: Calibration, logits: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """How good the probabilities are, before and after: log loss, ECE, and those of the base rate.

    base_log_loss: of saying the share of taken pairs of every pair.
    """
    raw, mapped = sigmoid(logits.astype(np.float64)), calibration(logits)
    base = np.full(len(labels), labels.mean())
    return {
        "pairs": len(labels),
        "taken": int((labels > 0).sum()),
        "log_loss_raw": log_loss(raw, labels),
        "log_loss": log_loss(mapped, labels),
        "base_log_loss": log_loss(base, labels),
        "ece_raw": ece(raw, labels),
        "ece": ece(mapped, labels),
    }


def sigmoid(values: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x) without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))


def _platt(logits: np.ndarray, taken: np.ndarray) -> tuple[float, float]:
    """Newton on the log loss with Platt's targets, a little inside of 0 and 1.

    A step that does not lower the loss is halved: where scores are far too sure the curve is flat,
    and a whole step would leap out of sight (Lin, Lin, Weng: A note on Platt's probabilistic
    outputs, 2007).
    """
    n = int(taken.sum())
    goal = np.where(taken, (n + 1) / (n + 2), 1 / (len(taken) - n + 2))
    scale = max(float(np.abs(logits).max()), 1e-9)
    rows = np.column_stack([logits / scale, np.ones_like(logits)])
    weights = np.array([1.0, 0.0])
    loss = _cross(rows @ weights, goal)
    for _ in range(STEPS):
        p = sigmoid(rows @ weights)
        gradient = rows.T @ (p - goal)
        curve = rows.T @ (rows * (p * (1 - p))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, gradient)
        while (after := _cross(rows @ (weights - step), goal)) > loss and np.abs(step).max() > TINY:
            step = step / 2
        weights, loss = weights - step, after
        if np.abs(step).max() < TINY:
            break
    slope = max(float(weights[0]) / scale, 1e-6)  # the scores' order stays, whatever came
    return slope, float(weights[1])


def _cross(logits: np.ndarray, goal: np.ndarray) -> float:
    """Sum of the cross-entropy of sigmoid(logits) to goal."""
    return float((np.logaddexp(0.0, logits) - goal * logits).sum())


def _isotonic(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    """Pooled adjacent violators; steps kept a little inside of 0 and 1, as no rate is known so."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(logits, kind="stable")
    xs, same = np.unique(logits[order], return_index=True)
    sizes = np.diff(np.append(same, len(order))).astype(np.float64)
    means = np.add.reduceat(labels[order], same) / sizes
    found = isotonic_regression(means, weights=sizes)
    blocks = np.add.reduceat(sizes, found.blocks[:-1]) if len(found.blocks) > 1 else sizes[:0]
    ys = np.repeat((found.x[found.blocks[:-1]] * blocks + 0.5) / (blocks + 1.0),
                   np.diff(found.blocks))  # fmt: skip
    return Calibration("isotonic", xs=xs, ys=np.maximum.accumulate(ys))
