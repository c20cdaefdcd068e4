from django.urls import URLPattern, path

from recweb.labeling import desk, mark_views, pages, stream

ONE = "label/<int:queue_id>/"

urlpatterns: list[URLPattern] = [
    path("label/", pages.queues, name="queues"),
    path("label/new/", desk.new, name="queue-new"),
    path("label/marks/<slug:slug>/<outside:outside_id>/", mark_views.mark, name="user-mark"),
    path(ONE, stream.label, name="label"),
    path(f"{ONE}answer/", stream.answer, name="label-answer"),
    path(f"{ONE}more/", stream.more, name="label-more"),
    path(f"{ONE}past/<int:sample_id>/", stream.past, name="label-past"),
    path(f"{ONE}queue/", desk.queue, name="queue"),
    path(f"{ONE}state/", desk.state, name="queue-state"),
    path(f"{ONE}retrain/", desk.retrain, name="queue-retrain"),
    path(f"{ONE}shadow/", desk.shadow, name="queue-shadow"),
    path(f"{ONE}prelabel/", desk.prelabel, name="queue-prelabel"),
    path(f"{ONE}known/<int:sample_id>/", desk.known, name="queue-known"),
    path(f"{ONE}review/", pages.review, name="label-review"),
]
