"""Who may use which route: every app's rows in one table. A route without a row is refused."""

from recweb.datasets.routes import ROUTES as DATASETS
from recweb.experiments.routes import ROUTES as EXPERIMENTS
from recweb.jobs.routes import ROUTES as JOBS
from recweb.labeling.routes import ROUTES as LABELING
from recweb.pages.routes import ROUTES as PAGES
from recweb.people.routes import ROUTES as PEOPLE
from recweb.runtime.routes import ROUTES as RUNTIME
from recweb.serving.routes import ROUTES as SERVING
from recweb.studies.routes import ROUTES as STUDIES
from recweb.tuning.routes import ROUTES as TUNING

# url name -> method -> the least role: anonymous < serving < annotator < analyst < admin
ROUTES: dict[str, dict[str, str]] = {
    **PEOPLE,
    **RUNTIME,
    **JOBS,
    **DATASETS,
    **EXPERIMENTS,
    **STUDIES,
    **TUNING,
    **LABELING,
    **SERVING,
    **PAGES,
}
