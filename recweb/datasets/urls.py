from django.urls import URLPattern, path

from recweb.datasets import (
    batches,
    explore,
    manage,
    mend,
    pages,
    pictures,
    private,
    truth,
    trying,
    weighing,
    wizard,
)

DATASET = "datasets/<slug:slug>/"
IMPORT = f"{DATASET}imports/<int:import_id>/"
urlpatterns: list[URLPattern] = [
    path("datasets/", pages.datasets, name="datasets"),
    path("datasets/new/", wizard.new, name="dataset-new"),
    path(DATASET, pages.dataset, name="dataset"),
    path(f"{DATASET}upload/", wizard.upload, name="dataset-upload"),
    path(f"{DATASET}map/", wizard.map_columns, name="dataset-map"),
    path(f"{DATASET}check/", wizard.check, name="dataset-check"),
    path(f"{DATASET}done/", wizard.done, name="dataset-done"),
    path(f"{DATASET}health/", truth.health, name="dataset-health"),
    path(f"{DATASET}exclude/", truth.exclude, name="dataset-exclude"),
    path(f"{DATASET}diff/", truth.diff, name="dataset-diff"),
    path(f"{DATASET}privacy/", private.privacy, name="dataset-privacy"),
    path(f"{DATASET}anonymity/", private.anonymity, name="dataset-anonymity"),
    path(f"{DATASET}erase/", private.erase, name="dataset-erase"),
    path(f"{DATASET}export.csv", private.export, name="dataset-export"),
    path(f"{DATASET}settings/", manage.settings, name="dataset-settings"),
    path(f"{DATASET}rules/", trying.rules, name="dataset-rules"),
    path(f"{DATASET}weights/", weighing.weights, name="dataset-weights"),
    path(f"{DATASET}pictures/", pictures.pictures, name="dataset-pictures"),
    path(f"{DATASET}token/", manage.token, name="dataset-token"),
    path(f"{DATASET}members/", manage.members, name="dataset-members"),
    path(f"{DATASET}delete/", manage.delete, name="dataset-delete"),
    path(IMPORT, batches.batch, name="import"),
    path(f"{IMPORT}bad-rows.csv", batches.bad_csv, name="import-csv"),
    path(f"{IMPORT}file/", batches.file, name="import-file"),
    path(f"{IMPORT}mend/", mend.rows, name="import-mend"),
    path(f"{IMPORT}decide/", batches.decide, name="import-decide"),
    path("explore/", explore.search_page, name="explore"),
    path("users/<slug:slug>/", explore.users, name="users"),
    path("items/<slug:slug>/", explore.items, name="items"),
    # an outside id may hold anything, slashes too: everything up to the last one is the id
    path("users/<slug:slug>/<outside:outside_id>/", explore.user, name="user"),
    path("items/<slug:slug>/<outside:outside_id>/", explore.item, name="item"),
]
