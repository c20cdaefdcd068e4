from django.urls import URLPattern, path

from recweb.jobs import views

urlpatterns: list[URLPattern] = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/block/", views.block, name="job-block"),
    path("jobs/<int:job_id>/cancel/", views.cancel, name="job-cancel"),
    path("jobs/<int:job_id>/retry/", views.retry, name="job-retry"),
    path("jobs/<int:job_id>/log/", views.log, name="job-log"),
]
