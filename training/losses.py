"""What is minimised: the losses of contrastive, pairwise and pointwise learning from positives.

Every loss takes `positive` (b,), the scores of what was taken, and `negatives` (b, n), the scores
of what stands against it, and gives (b,), a loss an example, lower is better: the caller weighs
and averages them. All are computed in float32 whatever the precision of the scores.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

NEVER = -1e30  # stands for -inf, whose gradient would be no number where a row holds nothing else


def softmax(scores: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of the taken item among all (b, n): ln n when all scores are equal.

    target: int64 (b,), the column of the taken one. The full softmax, which needs no correction.
    """
    return functional.cross_entropy(scores.float(), target, reduction="none")


def info_nce(positive: Tensor, negatives: Tensor, log_counts: Tensor | None = None) -> Tensor:
    """-ln(e^s+ / (e^s+ + sum_j e^s_j)), InfoNCE (van den Oord et al. 2018, eq. 4).

    Scores come divided by the temperature. log_counts: (n,) or (b, n), ln of how often each
    negative is expected in the sample; it is subtracted from its score, so that the sum estimates
    the one over all items whatever law the sample was drawn by (Bengio and Senecal 2008; logQ of
    Yi et al., RecSys 2019). A negative filled with NEVER does not count.
    """
    against = negatives.float() if log_counts is None else negatives.float() - log_counts
    everything = torch.cat([positive.float()[:, None], against], dim=1)  # (b, 1 + n)
    return torch.logsumexp(everything, dim=1) - positive.float()


def hinge(
    positive: Tensor, negatives: Tensor, margin: float, valid: Tensor | None = None
) -> Tensor:
    """Mean over negatives of max(0, margin - s+ + s-) (Weston et al. 2011).

    A step downhill raises s+ and lowers s-. margin: how far ahead is far enough, above 0.
    """
    gap = positive.float()[:, None] - negatives.float()
    return _mean(functional.relu(margin - gap), valid)


def bpr(positive: Tensor, negatives: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean over negatives of -ln sigmoid(s+ - s-) (Rendle et al. 2009, BPR-Opt); ln 2 at a tie."""
    gap = positive.float()[:, None] - negatives.float()
    return _mean(functional.softplus(-gap), valid)


def bce(positive: Tensor, negatives: Tensor, valid: Tensor | None = None) -> Tensor:
    """Binary cross-entropy, both labels of equal weight however many negatives there are.

    -ln sigmoid(s+) plus the mean of -ln(1 - sigmoid(s-)).
    """
    return functional.softplus(-positive.float()) + _mean(
        functional.softplus(negatives.float()), valid
    )


def focal(positive: Tensor, negatives: Tensor, gamma: float, valid: Tensor | None = None) -> Tensor:
    """Binary cross-entropy times (1 - p)^gamma of the right answer's p (Lin et al. 2017, eq. 4).

    gamma: 0 is `bce`; higher looks away from what is already right.
    """
    right, against = positive.float(), negatives.float()
    taken = torch.sigmoid(-right) ** gamma * functional.softplus(-right)
    left = torch.sigmoid(against) ** gamma * functional.softplus(against)
    return taken + _mean(left, valid)


def mse(positive: Tensor, negatives: Tensor, valid: Tensor | None = None) -> Tensor:
    """(1 - s+)^2 plus the mean of s-^2: taken is 1, not taken is 0."""
    return (1.0 - positive.float()) ** 2 + _mean(negatives.float() ** 2, valid)


def _mean(values: Tensor, valid: Tensor | None) -> Tensor:
    """Row means of (b, n), of the valid ones alone when told which; 0 where a row has none."""
    if valid is None:
        return values.mean(dim=1)
    return (values * valid).sum(dim=1) / valid.sum(dim=1).clamp(min=1)
