"""Where the tuning of a model looks on a log, and where it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy import sparse

from training import registry


def room(
    model: str, train: sparse.csr_matrix, *, fixed: Mapping[str, Any], timed: bool
) -> dict[str, registry.Spec]:
    """registry.space; a default that the model takes from the log is the one it takes from `train`.

    The first trial is the defaults, and one without a number would not say where to go on.
    """
    found = registry.space(registry.model_spec(model), fixed, timed=timed)
    empty = [name for name, rule in found.items() if rule["default"] is None]
    rules = registry.load_model(model).rules if empty else {}
    return found | {name: found[name] | {"default": rules[name](train)} for name in empty}
