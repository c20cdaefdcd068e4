from django.urls import URLPattern, path

from recweb.experiments import (
    compare,
    control_views,
    new,
    pages,
    shelf_views,
    transfer_views,
    views,
)

urlpatterns: list[URLPattern] = [
    path("experiments/", views.experiments, name="experiments"),
    path("experiments/chosen/", views.chosen, name="experiments-chosen"),
    path("experiments/columns/", views.columns, name="experiments-columns"),
    path("experiments/baselines/", views.baselines, name="experiments-baselines"),
    path("experiments/shelf/", shelf_views.page, name="experiments-shelf"),
    path("experiments/shelf/cancel/", shelf_views.cancel, name="experiments-shelf-cancel"),
    path("experiments/transfer/", transfer_views.page, name="experiments-transfer"),
    path("experiments/new/", new.new, name="experiment-new"),
    path("experiments/compare/", compare.compare, name="experiment-compare"),
    path("experiments/<int:experiment_id>/", pages.experiment, name="experiment"),
    path("experiments/<int:experiment_id>/row/", views.row, name="experiment-row"),
    path("experiments/<int:experiment_id>/change/", pages.change, name="experiment-change"),
    path(
        "experiments/<int:experiment_id>/control/", control_views.order, name="experiment-control"
    ),
    path("experiments/<int:experiment_id>/file/", pages.file, name="experiment-file"),
]
