"""Least role for each route of this app, by method."""

ROUTES: dict[str, dict[str, str]] = {
    "experiments": {"GET": "analyst"},
    "experiments-chosen": {"POST": "analyst"},
    "experiments-columns": {"POST": "analyst"},
    "experiments-baselines": {"POST": "analyst"},
    "experiment-new": {"GET": "analyst", "POST": "analyst"},
    "experiment-compare": {"GET": "analyst", "POST": "analyst"},
    "experiment": {"GET": "analyst"},
    "experiment-row": {"GET": "analyst"},
    "experiment-change": {"POST": "analyst"},
    "experiment-file": {"GET": "admin"},
    "api-experiments": {"GET": "analyst", "POST": "analyst"},
    "api-experiment": {"GET": "analyst"},
    "api-experiment-metrics": {"GET": "analyst"},
    "api-experiment-curves": {"GET": "analyst"},
    "api-models": {"GET": "analyst"},
    "api-metrics": {"GET": "analyst"},
    "api-rerankers": {"GET": "analyst"},
    "api-strategies": {"GET": "analyst"},
}
