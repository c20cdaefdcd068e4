from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "recweb.people"

    def ready(self) -> None:
        from recweb.people import schema  # noqa: F401  # registers itself
