from django.urls import URLPattern, path

from recweb.jobs import api

urlpatterns: list[URLPattern] = [
    path("jobs/", api.jobs, name="api-jobs"),
    path("jobs/<int:job_id>/", api.job, name="api-job"),
    path("jobs/<int:job_id>/cancel/", api.cancel, name="api-job-cancel"),
    path("jobs/<int:job_id>/retry/", api.retry, name="api-job-retry"),
    path("jobs/<int:job_id>/log/", api.log, name="api-job-log"),
]
