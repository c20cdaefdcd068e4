from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

PLACE = "recweb.datasets.places:of"


class DatasetsConfig(AppConfig):
    name = "recweb.datasets"
    verbose_name = _("Datasets")

    def ready(self) -> None:
        from recweb.jobs.kinds import Kind, register

        register(
            Kind(
                "import",
                queue="import",
                run="recweb.datasets.tasks:load",
                child=True,
                on_end="recweb.datasets.loading:ended",
                on_retry="recweb.datasets.loading:again",
                page=PLACE,
            )
        )
        register(Kind("remove", queue="quick", run="recweb.datasets.tasks:remove", child=False))
        run = "recweb.datasets.tasks:pictures"
        register(Kind("pictures", queue="train", run=run, child=True, nice=True, page=PLACE))
        for name in ("health", "diff", "anonymity", "weights", "exclude", "erase"):
            run = f"recweb.datasets.tasks:{name}"
            nice = name != "erase"
            register(Kind(name, queue="quick", run=run, child=True, nice=nice, page=PLACE))
