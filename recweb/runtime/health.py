"""Is it well? One answer for each part; /readyz, the doctor and the demo ask the same."""

import shutil
from collections.abc import Callable
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

DISK_BYTES = 2**30
BEATS = {"worker:train": 60, "worker:quick": 60, "reconciler": 60}  # seconds


def report() -> dict[str, str]:
    """Part -> "" when it is well, else what is wrong."""
    return {name: _ask(check) for name, check in CHECKS.items()}


def _ask(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # whatever a broken part throws is the answer
        return (str(error).strip().splitlines() or [type(error).__name__])[0]


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} migrations are not applied" if plan else ""


def broker() -> str:
    from recweb.celery import app

    with app.connection_for_write(settings.CELERY_BROKER_URL, connect_timeout=1) as line:
        line.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
    return ""


def beat(name: str) -> str:
    model = apps.get_model("jobs", "Beat")
    row = model.objects.using(DEFAULT_DB_ALIAS).filter(name=name).first()
    if row is None:
        return f"{name} has not shown itself yet"
    age = timezone.now() - row.at
    if age > timedelta(seconds=BEATS[name]):
        return f"{name} was last seen {age.total_seconds():.0f} s ago"
    return ""


def workers() -> str:
    return "; ".join(filter(None, (beat("worker:train"), beat("worker:quick"))))


def reconciler() -> str:
    return beat("reconciler")


def disk() -> str:
    free = shutil.disk_usage(settings.HOME).free
    return "" if free >= DISK_BYTES else f"only {free / 2**20:.0f} MB are free in {settings.HOME}"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "migrations": migrations,
    "broker": broker,
    "workers": workers,
    "reconciler": reconciler,
    "disk": disk,
}
