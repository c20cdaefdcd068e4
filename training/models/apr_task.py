"""What adversarial ranking learns, for the engine: BPR, then BPR under the worst small push."""

from __future__ import annotations

from typing import Any

import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from training import losses
from training.engine.task import Batch, Scorer
from training.models.bpr_task import Pairwise

AT_ONCE = 65_536  # events whose slopes are summed together when the whole log is looked at


class Adversarial(Pairwise):
    """Pairwise until `fighting` is set. What pushes is found in `batch`, from the whole batch and
    the weights of that moment, so that a step computed in parts stays the same step.
    """

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        super().__init__(train, params, device)
        self.fighting = False

    def batch(self, rows: Tensor) -> Batch:
        """Events with items against them and, once it fights, how far each vector is pushed."""
        plain = super().batch(rows)
        if not self.fighting:
            return plain
        users, down_users, items, down_items = self.slopes(plain)
        at_user = torch.searchsorted(users, plain.each["users"])
        at_items = torch.searchsorted(items, _shown(plain))
        pushed = {
            "push_user": self.push(down_users)[at_user],  # (b, f)
            "push_items": self.push(down_items)[at_items],  # (b, 1 + n, f)
        }
        return Batch(plain.each | pushed)

    def loss(self, batch: Batch) -> Tensor:
        """BPR's, and reg_adv times its ranking part with every vector pushed (eq. 6)."""
        base = super().loss(batch)
        if "push_user" not in batch.each:
            return base
        shown = _shown(batch)
        mine = self.users(batch.each["users"]) + batch.each["push_user"]
        theirs = self.items(shown) + batch.each["push_items"]
        worst = batch.each["weights"] * _ranking(mine, theirs, self.bias(shown).squeeze(-1))
        total: Tensor = base + self.params["reg_adv"] * worst.mean()
        return total

    def slopes(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(users (m,), slopes (m, f), items (k,), slopes (k, f)) of the batch's summed ranking
        loss in the vectors that it touches; both codes rise.
        """
        users, at_user = torch.unique(batch.each["users"], return_inverse=True)
        items, at_items = torch.unique(_shown(batch), return_inverse=True)
        bias = self.bias.weight.detach()[items, 0][at_items]
        mine = self.users.weight.detach()[users].requires_grad_()
        theirs = self.items.weight.detach()[items].requires_grad_()
        with torch.enable_grad():
            each = _ranking(mine[at_user], theirs[at_items], bias)
            found = torch.autograd.grad((batch.each["weights"] * each).sum(), (mine, theirs))
        return users, found[0], items, found[1]

    def push(self, slopes: Tensor) -> Tensor:
        """Rows of length epsilon that way; a row without a slope stays (eq. 8)."""
        epsilon: float = self.params["epsilon"]
        return functional.normalize(slopes, dim=1) * epsilon

    def attacked(self) -> Scorer:
        """Scores with all vectors pushed the way that worsens the whole log's ranking most."""
        total = [torch.zeros_like(table.weight) for table in (self.users, self.items)]
        with torch.no_grad():
            for rows in torch.split(torch.arange(self.examples), AT_ONCE):
                users, down_users, items, down_items = self.slopes(super().batch(rows))
                total[0][users] += down_users
                total[1][items] += down_items
            users, items = self.users.weight + self.push(total[0]), self.items.weight
            items = items + self.push(total[1])
            bias = self.bias.weight[:, 0].detach()
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T + bias).cpu().numpy()


def _shown(batch: Batch) -> Tensor:
    """(b, 1 + n): the taken item, then those against it."""
    return torch.cat([batch.each["items"][:, None], batch.each["against"]], dim=1)


def _ranking(mine: Tensor, theirs: Tensor, bias: Tensor) -> Tensor:
    """BPR's loss (b,) of vectors (b, f) with items (b, 1 + n, f), the taken one first."""
    scores = torch.einsum("bf,bnf->bn", mine, theirs) + bias
    return losses.bpr(scores[:, 0], scores[:, 1:])
