from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "recweb.runtime"

    def ready(self) -> None:
        # @shared_task binds to the first app that exists: ours, in the web process too
        from recweb import celery  # noqa: F401
