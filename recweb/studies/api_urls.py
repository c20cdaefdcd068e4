from django.urls import URLPattern, path

from recweb.studies import api

ONE = "tuning/<int:study_id>/"
urlpatterns: list[URLPattern] = [
    path("tuning/", api.studies, name="api-studies"),
    path(ONE, api.study, name="api-study"),
    path(f"{ONE}trials/", api.trials, name="api-study-trials"),
    path(f"{ONE}cancel/", api.cancel, name="api-study-cancel"),
    path(f"{ONE}resume/", api.resume, name="api-study-resume"),
    path(f"{ONE}train/", api.train, name="api-study-train"),
]
