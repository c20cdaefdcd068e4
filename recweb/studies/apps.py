from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StudiesConfig(AppConfig):
    name = "recweb.studies"
    verbose_name = _("Tuning studies")

    def ready(self) -> None:
        from recweb.datasets import erasure
        from recweb.jobs.kinds import Kind, register
        from recweb.studies.forget import forget

        erasure.provide(forget)
        register(
            Kind(
                "study",
                queue="train",
                run="recweb.studies.tasks:search",
                child=True,
                nice=True,
                on_end="recweb.studies.ended:mirror",
                on_retry="recweb.studies.ended:again",
            )
        )
