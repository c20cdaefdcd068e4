"""What models need of the files, asked before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training import registry
from training.cli import grades
from training.cli.arguments import Request
from training.cli.data import RATED, Data
from training.cli.wrong import Wrong
from training.log import Log
from training.wants import Code


def refuse_needs(request: Request, data: Data) -> None:
    """Raise Wrong when a model needs what the files lack, before anything is trained."""
    rated_events = [name for name in data.log.event_names if name in RATED]
    named = data.items is not None and data.items.topics.nnz > 0
    joined = data.items is not None and data.items.triples is not None
    lacks = {
        "text": data.items is None and "item texts: add --items FILE",
        "topics": not named and "item categories: add --items FILE",
        "graph": not (named or joined) and "triples or categories: add --triples or --items FILE",
        "grades": not grades.told(data.log, request.minimum) and grades.LACK,
        "vectors": not (data.items is not None and data.items.modalities)
        and "items with a column of vectors, such as image_vector: add it to --items FILE",
        "time": data.log.at is None and "times: add a column of timestamps",
        "ratings": not (rated_events and _given_values(data.log, rated_events))
        and "ratings: add a column called rating",
    }
    for model in request.models:
        spec = registry.model_spec(model)
        off = registry.endpoint_fault(model)
        if off:
            raise Wrong(f"{model}: {off}")
        _refuse_params(model, request, data, named=named)
        for need in spec["needs"]:
            if lacks.get(need):
                raise Wrong(f"{model} needs {lacks[need]}, or leave {model} out of --model")
        if "time" in spec["needs"] and data.ordered and spec["kind"] != "sequence":
            raise Wrong(
                f"{model} needs times, and sequences have an order only: add a column of "
                f"timestamps, or leave {model} out of --model"
            )
        if spec["kind"] == "sequence" and request.split == "random":
            raise Wrong(
                f"--split random mixes past and future, and {model} reads the order of events: "
                f"use temporal, user-temporal or leave-last, or leave {model} out of --model"
            )


def _refuse_params(model: str, request: Request, data: Data, *, named: bool) -> None:
    """Raise Wrong when a chosen parameter asks for what the files lack."""
    lacks: dict[Code, str | bool] = {
        "time": data.log.at is None and "needs times: add a column of timestamps",
        "order": request.split == "random" and "reads the order of events: not --split random",
        "text": data.items is None and "needs item texts: add --items FILE",
        "topics": not named and "needs item categories: add --items FILE",
        "triples": (data.items is None or data.items.triples is None)
        and "needs triples: add --triples FILE",
        "twice": "names a model that another field names: a blend is of different models",
        "none": "is off, and so are the other views: switch one on",
    }
    params = registry.check_params(model, request.params[model])
    for want in registry.wants(model, params):
        if lacks[want.code]:
            what = f"{want.field}={params[want.field]}"
            raise Wrong(f"--params: {model}: {what} {lacks[want.code]}, or choose otherwise")


def _given_values(log: Log, names: Sequence[str]) -> bool:
    codes = [log.event_names.index(name) for name in names]
    return bool((np.isin(log.events, codes) & ~np.isnan(log.values)).any())
