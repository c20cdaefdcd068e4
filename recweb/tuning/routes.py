"""Least role for each route of this app, by method."""

ROUTES: dict[str, dict[str, str]] = {
    "tradeoff": {"GET": "analyst"},
    "tradeoff-lists": {"GET": "analyst"},
    "frontier-start": {"POST": "analyst"},
    "experiment-finalise": {"POST": "analyst"},
    "policies": {"GET": "analyst"},
    "policy": {"GET": "analyst"},
    "policy-new": {"GET": "analyst", "POST": "analyst"},
    "policy-publish": {"POST": "analyst"},
    "policy-rollback": {"POST": "analyst"},
    "user-lists": {"GET": "analyst"},
    "item-lists": {"GET": "analyst"},
    "api-frontier": {"GET": "analyst", "POST": "analyst"},
    "api-lists": {"GET": "analyst"},
    "api-finalise": {"POST": "analyst"},
    "api-policies": {"GET": "analyst", "POST": "analyst"},
    "api-policy": {"GET": "analyst"},
    "api-policy-publish": {"POST": "analyst"},
    "api-policy-rollback": {"POST": "analyst"},
}
