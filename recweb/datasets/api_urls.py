from django.urls import URLPattern, path

from recweb.datasets import (
    api,
    explorer_api,
    mend_api,
    pictures_api,
    private_api,
    templates_api,
    truth_api,
    uploads_api,
    weighing_api,
)

DATASET = "datasets/<slug:slug>/"
urlpatterns: list[URLPattern] = [
    path("templates/", templates_api.kept, name="api-templates"),
    path("uploads/", uploads_api.begin, name="api-uploads"),
    path("uploads/<uuid:upload_id>/", uploads_api.one, name="api-upload"),
    path("datasets/", api.datasets, name="api-datasets"),
    path(DATASET, api.dataset, name="api-dataset"),
    path(f"{DATASET}imports/", api.dataset_imports, name="api-imports"),
    path(f"{DATASET}imports/<int:import_id>/", api.dataset_import, name="api-import"),
    path(f"{DATASET}imports/<int:import_id>/decide/", api.import_decide, name="api-import-decide"),
    path(f"{DATASET}imports/<int:import_id>/quarantine/", api.quarantine, name="api-quarantine"),
    path(f"{DATASET}imports/<int:import_id>/mend/", mend_api.mend, name="api-mend"),
    path(f"{DATASET}rules/", templates_api.try_rules, name="api-rules"),
    path(f"{DATASET}weights/", weighing_api.weights, name="api-weights"),
    path(f"{DATASET}pictures/", pictures_api.pictures, name="api-pictures"),
    path(f"{DATASET}versions/", api.versions, name="api-versions"),
    path(f"{DATASET}profile/", api.profile, name="api-profile"),
    path(f"{DATASET}versions/diff/", truth_api.diff, name="api-diff"),
    path(f"{DATASET}health/", truth_api.health, name="api-health"),
    path(f"{DATASET}privacy/", private_api.privacy, name="api-privacy"),
    path(f"{DATASET}anonymity/", private_api.anonymity, name="api-anonymity"),
    path(f"{DATASET}erase/", private_api.erase, name="api-erase"),
    path(f"{DATASET}exclude/", truth_api.exclude, name="api-exclude"),
    path(f"{DATASET}users/", explorer_api.users, name="api-users"),
    path(f"{DATASET}items/", explorer_api.items, name="api-items"),
    # an outside id may hold anything, slashes too: everything up to the last one is the id
    path(f"{DATASET}users/<outside:outside_id>/", explorer_api.user, name="api-user"),
    path(f"{DATASET}items/<outside:outside_id>/", explorer_api.item, name="api-item"),
]
