"""Epochs from the first, or from a checkpoint, to the best one.

An epoch: 1. its examples in a drawn order, a step a batch   2. weights and loss must be numbers
3. validation NDCG@10   4. a row of the curve   5. a checkpoint   6. progress, which may stop it all
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch

from training.engine import state
from training.engine.diverged import Diverged
from training.engine.judge import NAME, Judge
from training.engine.ranks import ranks
from training.engine.session import draw_on, drawn
from training.engine.stop import Best
from training.engine.task import Batch, Plan, Task
from training.models.contract import Progress
from training.split import Split
from training.store import Checkpoint, Meta

STEP = "epoch"
PARTS = 1000  # of an epoch on the progress bar
LOOK = 0.5  # seconds between two reports within an epoch: whoever cancels waits no longer


@dataclass(frozen=True)
class Trained:
    """epochs: whose weights the module now holds; value: their validation NDCG@10, None unjudged.

    run: epochs that were trained in all, those of an interrupted attempt included.
    """

    epochs: int
    value: float | None
    run: int


def train(
    task: Task,
    plan: Plan,
    split: Split,
    *,
    identity: Meta,
    progress: Progress,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train task.module by the plan (Adam, Kingma and Ba 2015) and leave its best weights in it.

    identity: what a checkpoint must agree in (state.identity). An interrupted run goes on from the
    newest sound checkpoint bit for bit; one of another identity is dropped. Call it within a
    `session`. Raises Diverged when loss or weights are no numbers, and whatever progress raises.
    """
    return _Loop(task, plan, split, identity, progress, checkpoint).run()


class _Loop:
    def __init__(
        self,
        task: Task,
        plan: Plan,
        split: Split,
        identity: Meta,
        progress: Progress,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.task, self.plan, self.progress = task, plan, progress
        self.judge = Judge(split)
        self.device = next(task.module.parameters()).device
        self.ranks = ranks(self.device)
        self.checkpoint, self.identity = checkpoint, identity | {"device": self.device.type}
        self.choosing = plan.by_validation and bool(self.judge)
        self.last = plan.epochs or (plan.most if self.choosing else plan.usual)
        self.optimiser = _optimiser(task.module, plan)
        self.best, self.best_weights = Best(plan.patience), state.weights(task.module)
        self.finite: float | None = None  # the last loss that was a number
        self.value: float | None = None  # of the last judged epoch

    def run(self) -> Trained:
        epoch = self._resume()
        while epoch < self.last and not (self.choosing and self.best.over(epoch)):
            epoch += 1
            self._epoch(epoch)
        if self.choosing:
            self.task.module.load_state_dict(self.best_weights)
        self.progress(self.last * PARTS, self.last * PARTS, STEP)
        if self.choosing:
            return Trained(self.best.epoch, self.best.value, epoch)
        return Trained(epoch, self.value, epoch)

    def _epoch(self, epoch: int) -> None:
        started = time.perf_counter()
        row = {"loss": self._learn(epoch)}
        self._sound(epoch)
        due = epoch % self.plan.every == 0 or epoch == self.last
        if self.judge and due:
            self.value = row[NAME] = self._judged(epoch)
            if self.choosing and self.best.judged(epoch, self.value):
                self.best_weights = state.weights(self.task.module)
        row["seconds"] = round(time.perf_counter() - started, 3)
        if self.checkpoint and self.ranks.first:
            self.checkpoint.note(epoch, row)
            self._save(self.checkpoint, epoch)
        self.progress(epoch * PARTS, self.last * PARTS, STEP)

    def _learn(self, epoch: int) -> float:
        """One pass over the examples; the mean of their losses."""
        self.task.module.train()
        order = torch.randperm(self.task.examples)
        total, looked = 0.0, time.monotonic()
        for step, rows in enumerate(torch.split(order, self.plan.batch), 1):
            total += self._step(epoch, step, self.task.batch(rows)) * len(rows)
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                share = (step * self.plan.batch * PARTS) // (self.task.examples + self.plan.batch)
                self.progress((epoch - 1) * PARTS + share, self.last * PARTS, STEP)
        return total / max(self.task.examples, 1)

    def _step(self, epoch: int, step: int, batch: Batch) -> float:
        """One update; in parts, whose losses count as their share of the batch."""
        self.optimiser.zero_grad(set_to_none=True)
        total, mine = 0.0, self.ranks.share(batch)
        size = max(1, -(-len(mine) // self.plan.accumulate))
        for start in range(0, len(mine), size):
            part = mine.part(start, start + size)
            with self._precision():
                loss = self.task.loss(part)
            share = len(part) / len(batch)
            (loss * share).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach()) * share
        total = self.ranks.add_up(self.task.module, total)
        if not math.isfinite(total):
            raise self._diverged("loss", epoch, step, total)
        if self.plan.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.task.module.parameters(), self.plan.clip)
        self.optimiser.step()
        self.finite = total
        return total

    def _precision(self) -> torch.autocast:
        half = self.plan.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half)

    def _judged(self, epoch: int) -> float:
        self.task.module.eval()
        with torch.no_grad():
            scorer = self.task.scorer()
            try:
                return self.judge(scorer)
            except ValueError as error:  # finite weights, but scores beyond float32
                steps = -(-self.task.examples // self.plan.batch)
                raise self._diverged("weights", epoch, steps, math.inf) from error

    def _sound(self, epoch: int) -> None:
        """A last step may have spoilt the weights after the last loss was seen."""
        tensors = self.task.module.state_dict().values()
        if not all(bool(torch.isfinite(value).all()) for value in tensors):
            steps = -(-self.task.examples // self.plan.batch)
            raise self._diverged("weights", epoch, steps, math.nan)

    def _diverged(self, code: str, epoch: int, step: int, loss: float) -> Diverged:
        rate = self.plan.learning_rate
        return Diverged(code, epoch=epoch, step=step, rate=rate, last=self.finite, loss=loss)

    def _save(self, checkpoint: Checkpoint, epoch: int) -> None:
        arrays, names = state.pack("model", self.task.module.state_dict())
        averages, keys = state.pack_optimiser(self.optimiser)
        random, devices = state.pack("drawn", drawn(self.device))
        kept = self.choosing and self.best.epoch != epoch  # else the best weights are the model's
        best, _ = state.pack("best", self.best_weights if kept else {})
        checkpoint.save(
            epoch,
            arrays | averages | random | best,
            self.identity
            | {"names": names, "averages": keys, "drawn": devices, "kept": kept}
            | {"best": self.best.epoch, "best_value": self.best.value, "value": self.value},
        )

    def _resume(self) -> int:
        """Epochs already trained, with their state put back; 0 when there are none."""
        found = self.checkpoint.load() if self.checkpoint else None
        self.ranks.meet()  # all have read before the first one drops or writes
        if found is None or any(found[2].get(key) != self.identity[key] for key in self.identity):
            if self.checkpoint and self.ranks.first:
                self.checkpoint.clear()
            return 0
        epoch, arrays, meta = found
        module = self.task.module
        module.load_state_dict(state.unpack("model", arrays, meta["names"]))
        state.unpack_optimiser(self.optimiser, arrays, meta["averages"])
        draw_on(state.unpack("drawn", arrays, meta["drawn"]), self.device)
        self.best.epoch, self.best.value, self.value = (
            meta["best"],
            meta["best_value"],
            meta["value"],
        )
        if meta["kept"]:
            self.best_weights = state.unpack("best", arrays, meta["names"])
        else:
            self.best_weights = state.weights(module)
        return epoch


def _optimiser(module: torch.nn.Module, plan: Plan) -> torch.optim.Optimizer:
    """Adam; AdamW's decoupled decay when there is one (Loshchilov and Hutter 2019)."""
    kind = torch.optim.AdamW if plan.decay else torch.optim.Adam
    # fused: the update of a large embedding table is most of a small step
    return kind(module.parameters(), lr=plan.learning_rate, weight_decay=plan.decay, fused=True)
