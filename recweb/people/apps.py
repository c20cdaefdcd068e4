from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "recweb.people"
    verbose_name = _("People")

    def ready(self) -> None:
        from recweb.people import schema  # noqa: F401  # registers itself
