from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TuningConfig(AppConfig):
    name = "recweb.tuning"
    verbose_name = _("Policies")

    def ready(self) -> None:
        from recweb.datasets import erasure
        from recweb.jobs.kinds import Kind, register
        from recweb.tuning.forget import forget

        erasure.provide(forget)

        for name in ("frontier", "finalise"):
            register(Kind(name, queue="train", run=f"recweb.tuning.tasks:{name}", child=True))
        register(
            Kind(
                "publish",
                queue="train",
                run="recweb.tuning.tasks:publish",
                child=True,
                nice=True,
                on_end="recweb.tuning.ended:published",
                on_retry="recweb.tuning.ended:again",
            )
        )
