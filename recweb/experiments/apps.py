from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExperimentsConfig(AppConfig):
    name = "recweb.experiments"
    verbose_name = _("Experiments")

    def ready(self) -> None:
        from recweb.datasets import erasure
        from recweb.experiments.forget import forget
        from recweb.jobs.kinds import Kind, register

        erasure.provide(forget)

        register(
            Kind(
                "train",
                queue="train",
                run="recweb.experiments.tasks:train",
                child=True,
                nice=True,
                folder="experiment",
                on_end="recweb.experiments.ended:mirror",
                on_retry="recweb.experiments.ended:again",
            )
        )
        run = "recweb.experiments.tasks:transfer"
        register(Kind("transfer", queue="train", run=run, child=True, nice=True))
        register(
            Kind("compare", queue="quick", run="recweb.experiments.tasks:compare", child=False)
        )
