"""A training that stopped being one, said so that the analyst knows what to change. No torch."""

from __future__ import annotations

REASONS = {
    "loss": (
        "The training diverged in epoch {epoch}, step {step}: the loss became {loss} at learning "
        "rate {rate} (the last finite loss was {last}). Nothing of this was kept. Lower the "
        "learning rate, for example to {lower}, or raise the regularisation, and start again.",
        "训练在第 {epoch} 轮第 {step} 步发散：学习率为 {rate} 时损失变为 {loss}"
        "（最后一个有限的损失为 {last}）。发散后的内容均未保留。"
        "请降低学习率（例如 {lower}）或提高正则化强度，然后重新开始。",
    ),
    "weights": (
        "The training diverged in epoch {epoch}, step {step}: weights of the model became infinite "
        "or not a number at learning rate {rate} (the last finite loss was {last}). Nothing of "
        "this was kept. Lower the learning rate, for example to {lower}, or raise the "
        "regularisation, and start again.",
        "训练在第 {epoch} 轮第 {step} 步发散：学习率为 {rate} 时模型权重变为无穷或非数值"
        "（最后一个有限的损失为 {last}）。发散后的内容均未保留。"
        "请降低学习率（例如 {lower}）或提高正则化强度，然后重新开始。",
    ),
}


class Diverged(ValueError):
    """The loss or the weights are no numbers; `code` is a key of REASONS, `details` fills it."""

    def __init__(
        self, code: str, *, epoch: int, step: int, rate: float, last: float | None, loss: float
    ) -> None:
        self.code = code
        self.details: dict[str, str | int] = {
            "epoch": epoch,
            "step": step,
            "loss": f"{loss:g}",
            "rate": f"{rate:g}",
            "lower": f"{rate / 10:g}",
            "last": "-" if last is None else f"{last:.4g}",
        }
        super().__init__(REASONS[code][0].format(**self.details))
