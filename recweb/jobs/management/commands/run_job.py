"""`manage.py run_job ID ATTEMPT`: the process in which a worker does one job."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recweb.jobs import kinds, memory
from recweb.jobs.models import Job, State
from recweb.jobs.work import limit, perform


class Command(BaseCommand):
    help = "Do one claimed job. Started by a worker, not by hand."
    requires_system_checks: list[str] = []  # they load every page of the product

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int)
        parser.add_argument("attempt", type=int)

    def handle(self, *args: Any, job: int, attempt: int, **options: Any) -> None:
        rows = Job.objects.filter(pk=job, attempt=attempt)
        row = rows.filter(state__in=(State.RUNNING, State.CANCELLING)).first()
        if row is None:  # taken over while Python was loading
            return
        kind = kinds.get(row.kind)
        if kind.nice:
            os.nice(10)
        if kind.queue == "import":
            # a parser can ask for everything at once, faster than anybody looks
            memory.hold((limit(kind) or 0) * 2**20)
        try:
            perform(row, child=True)
        except SystemExit as stopped:
            # stopped: a cancel waits for this process to be gone, and to free millions of objects
            # one by one takes seconds
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(stopped.code or 0))
