"""What an item's own vectors say of it: each mapped to tastes, then mixed by a gate of the item."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from training.models.mf_ssm_task import START


class Modal(nn.Module):
    """sum over m of g_im W_m x_im, g_i = softmax over what i has; an item with nothing is 0."""

    def __init__(self, known: Mapping[str, np.ndarray], factors: int) -> None:
        super().__init__()
        self.names = list(known)
        there = np.stack([~np.isnan(rows[:, 0]) for rows in known.values()], axis=1)
        self.register_buffer("there", torch.from_numpy(there), persistent=False)
        self.maps, self.gates = nn.ModuleList(), nn.ModuleList()
        for number, rows in enumerate(known.values()):
            vectors = torch.from_numpy(np.nan_to_num(rows))
            self.register_buffer(f"vectors_{number}", vectors, persistent=False)
            linear = nn.Linear(rows.shape[1], factors, bias=False)
            nn.init.normal_(linear.weight, std=START / rows.shape[1] ** 0.5)
            self.maps.append(linear)
            gate = nn.Linear(rows.shape[1], 1)
            nn.init.zeros_(gate.weight)  # at first all are believed alike
            nn.init.zeros_(gate.bias)
            self.gates.append(gate)

    def forward(self) -> Tensor:
        """Vectors (n_items, factors)."""
        shares = self.shares()
        parts = [
            shares[:, number, None] * each(self.get_buffer(f"vectors_{number}"))
            for number, each in enumerate(self.maps)
        ]
        out: Tensor = torch.stack(parts).sum(dim=0)
        return out

    def shares(self) -> Tensor:
        """What each modality counts (n_items, modalities): rows add up to 1, or to 0."""
        asked = [gate(self.get_buffer(f"vectors_{n}")) for n, gate in enumerate(self.gates)]
        there = self.get_buffer("there")
        # -1e30 and not -inf: where an item has nothing the softmax must stay a number
        shares = torch.softmax(torch.cat(asked, dim=1).masked_fill(~there, -1e30), dim=1)
        return shares * there

    def believed(self) -> dict[str, float]:
        """Mean share of each modality over the items that have it."""
        with torch.no_grad():
            shares, there = self.shares(), self.get_buffer("there")
            means = (shares * there).sum(dim=0) / there.sum(dim=0).clamp(min=1)
        return dict(zip(self.names, means.cpu().tolist(), strict=True))
