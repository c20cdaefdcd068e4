"""How alike the items of a soft list are, differentiable in the scores that make the list."""

from __future__ import annotations

import torch
from torch import Tensor


def sameness(scores: Tensor, vectors: Tensor) -> Tensor:
    """Expected likeness (b,) of two different items drawn by the softmax of each row's scores.

    scores: (b, n), n >= 2, divided by a temperature; vectors: (b, n, d) unit rows of the distance.
    sum over i != j of p_i p_j cos(i, j), by sum over i != j of p_i p_j: 1 minus the expected
    intra-list distance (Rao's quadratic entropy without drawing an item twice). 0: nothing in
    common, 1: all alike. Cosines below 0 count as such, where the distance takes them for 0.
    """
    chances = torch.softmax(scores.float(), dim=1)  # (b, n)
    centre = torch.einsum("bn,bnd->bd", chances, vectors.float())
    twice = chances.pow(2).sum(dim=1)  # an item drawn with itself
    return (centre.pow(2).sum(dim=1) - twice) / (1.0 - twice).clamp(min=1e-4)
