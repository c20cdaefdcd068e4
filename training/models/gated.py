"""What models of two gated towers have in common: a gate from validation, and factors to serve."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.models.gate import Gate, learn, share
from training.models.learnt import LearntFactors
from training.split import Split


class GatedFactors(LearntFactors):
    """Unit vectors of head and tail side by side, the items' times what each tower counts."""

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}

    def keep(self, task: Any, split: Split) -> None:
        """The gate, learnt on validation where it was not given, and the gated factors."""
        import torch

        known = np.diff(split.train.indptr)[:, None] > 0
        with torch.no_grad():
            sides = [
                (users.cpu().float().numpy() * known, items.cpu().float().numpy())
                for users, items in task.towers()
            ]
        fixed = (self.params["middle"], self.params["sharpness"])
        # a generator of its own: what is drawn here changes nothing that is drawn elsewhere
        self.gate_: Gate = learn(sides, split, np.random.default_rng(0), fixed)
        taken = np.bincount(split.train.indices, minlength=split.n_items)
        counts = share(taken, self.gate_).astype(np.float32)
        head = taken >= np.quantile(taken, 0.8)
        self.shares_ = {
            f"head_tower_{part}": float(counts[rows].mean())
            for part, rows in (("head", head), ("tail", ~head))
            if rows.any()
        }
        task.gate = torch.from_numpy(counts)[:, None].to(task.device)
        super().keep(task, split)

    def facts(self) -> dict[str, float]:
        """The gate, and the mean share of the head tower on the fifth of items taken most (head)
        and on the rest (tail).
        """
        return {
            "middle": self.gate_.middle,
            "sharpness": self.gate_.sharpness,
            **self.shares_,
        }

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        at = f"{self.gate_.middle:.3g}"
        sharp = f"{self.gate_.sharpness:.2g}"
        head, tail = (self.shares_.get(f"head_tower_{part}", 0.0) for part in ("head", "tail"))
        return [
            {
                "en": f"What people did and what the item is count alike for an item taken {at} "
                f"times (sharpness {sharp}). What people did counts {head:.0%} on the fifth of "
                f"items taken most, and {tail:.0%} on the others.",
                "zh-hans": f"物品被接触 {at} 次时，行为与内容的权重相同（陡度 {sharp}）。"
                f"行为的权重：最热门五分之一物品为 {head:.0%}，其余物品为 {tail:.0%}。",
            }
        ]

    def serving_meta(self) -> dict[str, Any]:
        """As of any factors, with the gate that a refit takes; a new user is the sum of the items
        taken.
        """
        gate = {"middle": self.gate_.middle, "sharpness": self.gate_.sharpness}
        return super().serving_meta() | gate | {"fold_in": "project"}
