"""What Mult-VAE learns, for the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from training.engine.histories import Histories
from training.engine.task import Batch, Scorer

CHUNK = 512  # users encoded at a time when all of them are asked for


class Coder(torch.nn.Module):
    """n_items -> hidden -> code -> hidden, tanh between; the last layer is `decode`'s own."""

    steps: Tensor

    def __init__(self, n_items: int, hidden: int, code: int, dropout: float) -> None:
        super().__init__()
        self.dropout = torch.nn.Dropout(dropout)
        self.read = torch.nn.Linear(n_items, hidden)
        self.code = torch.nn.Linear(hidden, 2 * code)  # mu and ln sigma^2
        self.write = torch.nn.Linear(code, hidden)
        self.out = torch.nn.Linear(hidden, n_items)
        self.register_buffer("steps", torch.zeros(()))  # beta grows with them: part of the state
        for layer in (self.read, self.code, self.write, self.out):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.normal_(layer.bias, std=0.001)

    def encode(self, taken: Tensor) -> tuple[Tensor, Tensor]:
        """(mu, ln sigma^2), each (b, code), of histories (b, n_items)."""
        inside = torch.tanh(self.read(self.dropout(functional.normalize(taken, dim=1))))
        mean, spread = self.code(inside).float().chunk(2, dim=1)
        return mean, spread

    def decode(self, code: Tensor) -> Tensor:
        """What the last, linear layer reads: (b, hidden)."""
        return torch.tanh(self.write(code))


class Restored:
    """An example is a user's history, to be restored from its code."""

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device = params, device
        self.log = Histories(train, device)
        self.examples = len(self.log)
        self.n_users = int(train.shape[0])
        sizes = (params["hidden"], params["code"], params["dropout"])
        self.coder = Coder(self.log.n_items, *sizes).to(device)
        self.module: torch.nn.Module = self.coder

    def batch(self, rows: Tensor) -> Batch:
        """Users; a batch drawn is a step of the annealing, however many parts compute it."""
        self.coder.steps += 1
        return Batch({"users": self.log.users[rows].to(self.device)})

    def loss(self, batch: Batch) -> Tensor:
        """Mean over users of -ln multinomial(x | softmax f(z)) + beta KL (Liang 2018, eq. 5)."""
        taken = self.histories(batch.each["users"])
        mean, spread = self.coder.encode(taken)
        code = mean
        if self.module.training:
            code = mean + torch.exp(0.5 * spread) * torch.randn_like(mean)
        likely = functional.log_softmax(self.coder.out(self.coder.decode(code)).float(), dim=1)
        distance = 0.5 * (mean.pow(2) + spread.exp() - 1.0 - spread).sum(dim=1)  # KL to N(0, I)
        each: Tensor = -(taken * likely).sum(dim=1) + self.beta() * distance
        return each.mean()

    def beta(self) -> Tensor:
        """From 0 up to the parameter, in a straight line over `anneal` steps."""
        grown = self.coder.steps / max(self.params["anneal"], 1)
        now: Tensor = self.params["beta"] * grown.clamp(max=1.0)
        return now

    def histories(self, users: Tensor) -> Tensor:
        """Confidences over their mean, dense (b, n_items)."""
        rows, items, weights = self.log.of(users)
        taken = torch.zeros((len(users), self.log.n_items), device=self.device)
        taken[rows, items] = weights
        return taken

    def vectors(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, hidden + 1), items (n_items, hidden + 1)) whose dot is the logit."""
        was = self.module.training
        self.module.eval()
        everyone = torch.arange(self.n_users, device=self.device)
        inside = [
            self.coder.decode(self.coder.encode(self.histories(part))[0])
            for part in torch.split(everyone, CHUNK)
        ]
        self.module.train(was)
        users = torch.cat([torch.cat(inside), torch.ones((self.n_users, 1)).to(self.device)], dim=1)
        return users, torch.cat([self.coder.out.weight, self.coder.out.bias[:, None]], dim=1)

    def scorer(self) -> Scorer:
        """Logits by the codes' means, no noise."""
        users, items = self.vectors()

        def score(asked: np.ndarray) -> np.ndarray:
            return (users[torch.from_numpy(asked)] @ items.T).cpu().numpy()

        return score
