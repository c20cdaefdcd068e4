"""The product's settings with the drill's kinds of job; for processes that are meant to die."""

from recweb.settings import *  # noqa: F403

# jobs and what stands left of them: the machinery is under test, not its customers
APPS = "datasets experiments studies tuning labeling serving pages".split()
RIGHT = {f"recweb.{app}" for app in APPS}
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in RIGHT]  # noqa: F405
INSTALLED_APPS += ["tests.faults.drill"]
PARSER_MEMORY_MB = 2_000
ROOT_URLCONF = "tests.faults.drill.urls"
