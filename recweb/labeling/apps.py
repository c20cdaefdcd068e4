from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabelingConfig(AppConfig):
    name = "recweb.labeling"
    verbose_name = _("Labels")

    def ready(self) -> None:
        from recweb.datasets import erasure
        from recweb.experiments import labels
        from recweb.jobs.kinds import Kind, register
        from recweb.labeling import marks, snapshot
        from recweb.labeling.forget import forget
        from recweb.tuning import marking

        erasure.provide(forget)

        labels.provide(snapshot.of)
        marking.provide(marks.of)

        register(
            Kind(
                "select",
                queue="train",
                run="recweb.labeling.tasks:select",
                child=True,
                nice=True,
                on_end="recweb.labeling.ended:mirror",
                on_retry="recweb.labeling.ended:again",
            )
        )
        register(
            Kind(
                "shadow",
                queue="train",
                run="recweb.labeling.tasks:shadow",
                child=True,
                nice=True,
                on_end="recweb.labeling.ended:shadow",
                on_retry="recweb.labeling.ended:shadow_again",
            )
        )
        register(
            Kind(
                "prelabel",
                queue="train",
                run="recweb.labeling.tasks:prelabel",
                child=True,
                nice=True,
            )
        )
