"""What trials are fitted and judged on: the split of a run with the same settings, without its test
part. For the worker: training is imported here."""

from typing import Any

import numpy as np
from django.conf import settings

from recweb.experiments import data, training_run
from recweb.experiments.models import Experiment
from recweb.jobs.run import Failure, Run
from recweb.studies.models import Study
from training import registry
from training.distance import choose
from training.split import REASONS, Split, SplitError
from training.tune.blind import blind
from training.tune.judge import Judge

K = 10
Key = tuple[bool, str]


class Material:
    """Read once for each way of reading item texts: with none, or by an encoder."""

    def __init__(self, run: Run, study: Study) -> None:
        self.run, self.study = run, study
        self._judges: dict[Key, Judge] = {}

    def judge(self, model: str, params: dict[str, Any]) -> Judge:
        """params: all of them, as a run has them."""
        text = registry.reads_text(model, params)
        key = (text, str(params.get("encoder", "")) if text else "")
        if key not in self._judges:
            split = self._split(model, params)
            distance = choose(split.items, split.train)
            self._judges[key] = Judge(split, "top-n", K, self.study.seed, distance)
        return self._judges[key]

    def usual(self) -> Judge:
        """Of the first model with its usual settings."""
        model = self.study.model_ids[0]
        return self.judge(model, registry.check_params(model, {}))

    def facts(self) -> dict[str, Any]:
        """Of the split, for the page."""
        judge = self.usual()
        split = judge.split
        return {
            "name": split.name,
            "because": split.chosen_because,
            "leak": split.leak,
            "n_train": int(split.train.nnz),
            "n_validation": int(split.validation.nnz),
            "n_users": int((np.diff(split.validation.indptr) > 0).sum()),
            "distance": judge.distance.source if judge.distance else "",
            "code_version": settings.VERSION,
        }

    def _split(self, model: str, params: dict[str, Any]) -> Split:
        like = Experiment(
            version=self.study.version, model=model, params=params, split=self.study.split,
            seed=self.study.seed, rules=self.study.rules,
        )  # fmt: skip
        try:
            parts = blind(data.load_split(like, lambda *_: self.run.check()))
        except SplitError as error:
            words = training_run.words(REASONS, error.code, error.details)
            raise Failure(words) from None
        if parts.validation.nnz == 0:
            facts = {"name": parts.name, "part": "validation"}
            raise Failure(training_run.words(REASONS, "empty-part", facts))
        return parts
