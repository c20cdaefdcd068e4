"""Ways to let a language model learn with few new weights, each the model itself at the start.

lora: Hu et al.: LoRA (ICLR 2022), eq. 3, B = 0 at first. adalora: Zhang et al.: Adaptive budget
allocation for parameter-efficient fine-tuning (ICLR 2023), eq. 2 to 11, singular values 0 at first.
adapter: Houlsby et al.: Parameter-efficient transfer learning for NLP (ICML 2019), fig. 2, the
upper half 0 at first. full: every weight. frozen: none.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import torch
from torch import Tensor, nn

WAYS = ("frozen", "lora", "adalora", "adapter", "full")
ATTEND = {"distilbert": ["q_lin", "v_lin"], "mpnet": ["q", "v"]}  # other types: query and value
LEAVE = {  # the two projections that end the halves of a layer; other types as bert
    "distilbert": ("attention.out_lin", "ffn.lin2"),
    "mpnet": ("attention.attn.o", "output.dense"),
}
WARM = 0.2  # share of adalora's steps before ranks fall, and again after they have


class Bottleneck(nn.Module):
    """A projection of the model, then x + up(gelu(down(x))); up starts at 0: nothing changes."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Linear(base.out_features, rank)
        self.up = nn.Linear(rank, base.out_features)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """As the projection (..., d), mended."""
        found = self.base(x)
        mended: Tensor = found + self.up(nn.functional.gelu(self.down(found)))
        return mended


def tuned(model: nn.Module, kind: str, way: str, rank: int, steps: int) -> nn.Module:
    """The model with what learns set in; only that asks for gradients. The model is changed.

    way: one of WAYS. kind: the model's type (folders.TYPES). rank: of lora, mean rank of adalora in
    the end, width of an adapter. steps: that adalora plans its ranks over. Its outputs are those
    of before until the first step. Raises ValueError on another way.
    """
    if way not in WAYS:
        raise ValueError(f"tuning must be one of {', '.join(WAYS)}, got {way!r}")
    model.requires_grad_(way == "full")
    if way in ("lora", "adalora"):
        return _low_rank(model, ATTEND.get(kind, ["query", "value"]), way, rank, steps)
    if way == "adapter":
        endings = LEAVE.get(kind, ("attention.output.dense", "output.dense"))
        for name, module in list(model.named_modules()):
            if isinstance(module, nn.Linear) and name.endswith(endings):
                parent, _, last = name.rpartition(".")
                setattr(model.get_submodule(parent), last, Bottleneck(module, rank))
    return model


def merged(model: nn.Module) -> nn.Module:
    """The model with low-rank updates added into its weights; another way's is as it was.

    Outputs are equal but for rounding, and cost what they did before tuning.
    """
    if hasattr(model, "merge_and_unload"):
        return cast(nn.Module, model.merge_and_unload())  # type: ignore[operator]
    return model


def learning(model: nn.Module) -> int:
    """Numbers that learn."""
    return sum(each.numel() for each in model.parameters() if each.requires_grad)


def _low_rank(model: nn.Module, targets: list[str], way: str, rank: int, steps: int) -> nn.Module:
    from peft import AdaLoraConfig, LoraConfig, get_peft_model

    config: Any
    if way == "lora":
        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets)
    else:
        edge = max(1, int(WARM * steps))
        config = AdaLoraConfig(
            init_r=rank + (rank + 1) // 2,
            target_r=rank,
            lora_alpha=2 * rank,
            target_modules=targets,
            total_step=max(steps, 2 * edge + 1),
            tinit=edge,
            tfinal=edge,
            deltaT=max(1, steps // 50),
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other ways to call it
        return cast(nn.Module, get_peft_model(cast(Any, model), config))


class Ranks:
    """AdaLoRA's budget of ranks, moved on after every step; nothing to do for another way.

    Its averages are tensors of the training's state, so that a run that is taken up again
    goes on as it would have.
    """

    def __init__(self, model: nn.Module) -> None:
        base: Any = getattr(model, "base_model", None)
        self._base = base if hasattr(base, "rankallocator") else None
        self.step = 0

    def __bool__(self) -> bool:
        return self._base is not None

    def after_step(self) -> None:
        """Call it when weights have moved and the gradients of that step are still there."""
        if self._base is None:
            return
        self.step += 1
        self._base.update_and_allocate(self.step)

    def crossing(self) -> Tensor | float:
        """How far the singular vectors are from orthogonal (eq. 4), to be added to the loss."""
        if self._base is None:
            return 0.0
        parts = [
            torch.linalg.matrix_norm(_gram(name, part) - torch.eye(min(part.shape)))
            for name, part in self._base.named_parameters()
            if "lora_A" in name or "lora_B" in name
        ]
        weight = self._base.peft_config[self._base.trainable_adapter_name].orth_reg_weight
        return cast(Tensor, weight * torch.stack(parts).mean())

    def kept(self) -> int:
        """Ranks that are not 0, over all projections."""
        if self._base is None:
            return 0
        parts = self._base.named_parameters()
        return sum(int((part != 0).sum()) for name, part in parts if "lora_E" in name)

    def state(self) -> dict[str, Tensor]:
        """The averages by name, and the step."""
        if self._base is None:
            return {}
        found = {"step": torch.tensor(self.step)}
        allocator = self._base.rankallocator
        for table in ("ipt", "exp_avg_ipt", "exp_avg_unc"):
            found |= {f"{table} {name}": part for name, part in getattr(allocator, table).items()}
        pattern = self._config().rank_pattern or {}
        return found | {f"pattern {name}": torch.tensor(each) for name, each in pattern.items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Put back what `state` gave."""
        if self._base is None or "step" not in state:
            return
        self.step = int(state["step"])
        allocator = self._base.rankallocator
        allocator.reset_ipt()
        pattern: dict[str, list[bool]] = {}
        for key, value in state.items():
            table, _, name = key.partition(" ")
            if table == "pattern":
                pattern[name] = value.tolist()
            elif name:
                getattr(allocator, table)[name] = value.clone()
        self._config().rank_pattern = pattern or None

    def _config(self) -> Any:
        return cast(Any, self._base).peft_config[cast(Any, self._base).trainable_adapter_name]


def _gram(name: str, part: Tensor) -> Tensor:
    return part @ part.T if "lora_A" in name else part.T @ part
