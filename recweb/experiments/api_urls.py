from django.urls import URLPattern, path

from recweb.experiments import (
    api,
    control_views,
    curves_api,
    registry_api,
    shelf_api,
    transfer_views,
)

urlpatterns: list[URLPattern] = [
    path("experiments/", api.experiments, name="api-experiments"),
    path("experiments/shelf/", shelf_api.run, name="api-experiments-shelf"),
    path("experiments/transfer/", transfer_views.api, name="api-experiments-transfer"),
    path("experiments/<int:experiment_id>/", api.experiment, name="api-experiment"),
    path("experiments/<int:experiment_id>/metrics/", api.metrics, name="api-experiment-metrics"),
    path("experiments/<int:experiment_id>/curves/", curves_api.read, name="api-experiment-curves"),
    path(
        "experiments/<int:experiment_id>/control/",
        control_views.api,
        name="api-experiment-control",
    ),
    path("models/", registry_api.models, name="api-models"),
    path("metrics/", registry_api.metrics, name="api-metrics"),
    path("rerankers/", registry_api.rerankers, name="api-rerankers"),
    path("strategies/", registry_api.strategies, name="api-strategies"),
]
