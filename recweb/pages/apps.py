from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "recweb.pages"

    def ready(self) -> None:
        from recweb.jobs.kinds import Kind, register

        register(Kind("demo", queue="quick", run="recweb.pages.tasks:load", child=False))
