from django.urls import URLPattern, path

from recweb.labeling import api, quality_api

ONE = "queues/<int:queue_id>/"
SAMPLE = f"{ONE}samples/<int:sample_id>/"

urlpatterns: list[URLPattern] = [
    path("queues/", api.queues, name="api-queues"),
    path(ONE, api.queue, name="api-queue"),
    path(f"{ONE}next/", api.next_, name="api-queue-next"),
    path(f"{ONE}renew/", api.renew, name="api-queue-renew"),
    path(f"{ONE}undo/", api.undo, name="api-queue-undo"),
    path(f"{ONE}progress/", api.progress, name="api-queue-progress"),
    path(f"{ONE}retrain/", api.retrain, name="api-queue-retrain"),
    path(f"{ONE}shadow/", quality_api.shadow, name="api-queue-shadow"),
    path(f"{ONE}prelabel/", quality_api.prelabel, name="api-queue-prelabel"),
    path(f"{ONE}quality/", quality_api.quality, name="api-queue-quality"),
    path(f"{SAMPLE}known/", quality_api.known, name="api-sample-known"),
    path(f"{SAMPLE}label/", api.label, name="api-sample-label"),
    path(f"{SAMPLE}skip/", api.skip, name="api-sample-skip"),
    path(f"{SAMPLE}change/", api.change, name="api-sample-change"),
    path(f"{SAMPLE}undo/", api.undo_sample, name="api-sample-undo"),
]
