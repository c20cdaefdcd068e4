"""What the tuned language model does in order: read, train the head, tune, keep what was better."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from scipy import sparse

from training.encoders import pick, tuning
from training.encoders.domain import adapt
from training.encoders.reader import Reader, fast_dtype, load
from training.encoders.whitening import whiten
from training.engine import state
from training.engine.loop import Trained, train
from training.engine.task import Plan
from training.features import item_features
from training.models import lm_tuned
from training.models.contract import Progress
from training.models.lm_tuned_task import LanguageTowers, Texts, Tuned
from training.models.two_tower_text_task import Contrast
from training.split import Split
from training.store import Checkpoint, Corrupt, read, write

READ_AT_ONCE = 512  # items from one word of progress to the next


class Stages:
    """One training; call read, head, tune and best in this order, within a session."""

    def __init__(
        self,
        params: dict[str, Any],
        split: Split,
        rng: np.random.Generator,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.params, self.split, self.checkpoint = params, split, checkpoint
        self.rng = np.random.default_rng(int(rng.integers(2**63 - 1)))  # pretraining's own
        self.facts: dict[str, Any] = {}
        self.epochs = self.head_epochs = 0
        self.identity = state.identity("lm_tuned", params, split.train)
        assert split.items is not None  # noqa: S101  the model has looked
        self.items = split.items

    def read(self, progress: Progress) -> None:
        """The catalogue by the untouched model, after it has read the domain's texts if asked."""
        reader = load(*pick.folder(self.params["encoder"]))
        if self.params["pretraining"] != "none":
            self._adapt(reader, progress)
        bare = item_features(replace(self.items, vectors=None))
        plain = bare - bare.mean(axis=0) if bare.size else bare
        self.texts = Texts(reader, self.items.texts, plain)
        units = []
        with torch.no_grad():
            for start in range(0, len(self.items), READ_AT_ONCE):
                codes = range(start, min(start + READ_AT_ONCE, len(self.items)))
                units.append(self.texts.units(reader.model, codes).numpy())
                progress(codes.stop, len(self.items), "texts")
        vectors = np.concatenate(units)
        white = whiten(vectors, lm_tuned.COMPONENTS)
        self.texts.whiten(white)
        half = np.float32(0.5)
        self.table = np.hstack([plain, half * white(vectors)]).astype(np.float32)

    def head(self, progress: Progress) -> None:
        """The head and the users over the frozen model."""
        params = self.params | {"batch": 1024}
        self.frozen = Contrast(self.split.train, self.table, params, torch.device("cpu"))
        plan = Plan(
            learning_rate=self.params["head_learning_rate"],
            batch=1024,
            epochs=self.params["head_epochs"],
            most=100,
            usual=20,
            decay=self.params["decay"],
        )
        alone = self.params["tuning"] == "frozen"
        found = self._trained(self.frozen, plan, "head", progress, alone=alone)
        self.head_epochs = found.epochs
        self.facts |= {"frozen": found.value, "tuned": None, "used": "frozen", "learning": 0}

    def tune(self, progress: Progress) -> None:
        """Both together from there, when asked."""
        self.tuned: Tuned | None = None
        if self.params["tuning"] == "frozen" or self.params["epochs"] == 0:
            return
        way, groups = self.params["tuning"], _groups(self.split.train)
        steps = (self.params["epochs"] or lm_tuned.MOST) * -(-groups // self.params["batch"])
        reader = self.texts.reader
        model = tuning.tuned(reader.model, reader.kind, way, self.params["rank"], steps)
        self.facts["learning"] = tuning.learning(model)
        towers = LanguageTowers(self.texts, model, self.frozen.towers)
        self.before = state.weights(towers)
        plan = self._plan()
        params = self.params | {"precision": plan.precision}
        self.tuned = Tuned(self.split.train, towers, params)
        found = self._trained(self.tuned, plan, "tuned", progress, alone=True)
        self.facts |= {"tuned": found.value, "used": way}
        self.epochs = found.epochs
        if found.value is not None and found.value <= (self.facts["frozen"] or 0.0):
            if self.params["epochs"] is None:  # what was not asked for by number must pay
                towers.load_state_dict(self.before)
                self.facts["used"], self.epochs = "frozen", 0
        towers.language = tuning.merged(towers.language)

    def best(self) -> Contrast:
        """The task whose vectors are served."""
        return self.tuned if self.tuned is not None else self.frozen

    def _plan(self) -> Plan:
        rate, precision = self.params["learning_rate"], self.params["precision"]
        return Plan(
            learning_rate=rate * (lm_tuned.GENTLY if self.params["tuning"] == "full" else 1.0),
            batch=self.params["batch"],
            epochs=self.params["epochs"],
            most=lm_tuned.MOST,
            usual=1,
            patience=lm_tuned.PATIENCE,
            accumulate=self.params["accumulate"],
            decay=self.params["decay"],
            precision=fast_dtype() if precision == "auto" else precision,
        )

    def _trained(
        self, task: Contrast, plan: Plan, name: str, progress: Progress, *, alone: bool
    ) -> Trained:
        """By the engine. alone: its curve is the run's; another stage keeps to a folder below."""
        states = self.checkpoint
        if states is not None and not alone:
            states = states.part(name)
        known = self.identity | {"stage": name}
        found = train(task, plan, self.split, identity=known, progress=progress, checkpoint=states)
        task.module.eval()
        return found

    def _adapt(self, reader: Reader, progress: Progress) -> None:
        """Pretraining, or its weights where an interrupted attempt has left them."""
        below = self.checkpoint.part("language") if self.checkpoint else None
        folder = below.folder if below else None
        if folder is not None and folder.exists():
            try:
                arrays, meta = read(folder)
                reader.model.load_state_dict(state.unpack("model", arrays, meta["names"]))
                self.facts["pretraining"] = meta["read"]
                return
            except (Corrupt, KeyError, RuntimeError):
                pass  # it is read again
        steps = self.params["pretraining_steps"]
        way = self.params["pretraining"]
        found = adapt(reader, self.items.texts, way, steps, rng=self.rng, progress=progress)
        self.facts["pretraining"] = [found.before, found.after, found.step]
        if folder is not None:
            arrays, names = state.pack("model", reader.model.state_dict())
            write(folder, arrays, {"names": names, "read": self.facts["pretraining"]})


def _groups(train: sparse.csr_matrix) -> int:
    from training.models.lm_tuned_task import TOGETHER

    counts = np.bincount(train.indices, minlength=train.shape[1])
    return int((-(-counts // TOGETHER)).sum())
