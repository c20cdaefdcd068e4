"""The workers' entry: `celery -A recweb worker -Q train,quick,import`, `celery -A recweb beat`."""

import os
import signal

from celery import Celery
from celery.signals import worker_process_init

from recweb.runtime.spawn import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recweb.settings")

app = Celery("recweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def end_with_the_worker(**_: object) -> None:
    """Stock Celery leaves pool processes running when their worker is killed with -9."""
    die_with_parent(signal.SIGKILL)
