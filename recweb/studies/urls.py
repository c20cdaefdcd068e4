from django.urls import URLPattern, path

from recweb.studies import deeds, new, views

urlpatterns: list[URLPattern] = [
    path("studies/", views.studies, name="studies"),
    path("studies/new/", new.new, name="study-new"),
    path("studies/<int:study_id>/", views.study, name="study"),
    path("studies/<int:study_id>/pause/", deeds.pause, name="study-pause"),
    path("studies/<int:study_id>/resume/", deeds.resume, name="study-resume"),
    path("studies/<int:study_id>/train/", deeds.train, name="study-train"),
]
