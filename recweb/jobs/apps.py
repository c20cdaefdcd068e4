from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "recweb.jobs"
