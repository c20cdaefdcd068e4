"""A worker of its own for one import: `python -m tests.datasets.ingest ROWS`, to be shaken."""

import io
import sys
import time

import django


def main(rows: int) -> None:
    django.setup()
    from django.db import DatabaseError, InterfaceError, connection

    from recweb.datasets import imports
    from recweb.datasets.models import Dataset
    from recweb.jobs import child, fence, reconcile
    from recweb.jobs.models import Job
    from recweb.people.models import User

    owner = User.objects.create_superuser("ann")
    dataset = Dataset.objects.create(slug="big", name="Big", owner=owner)
    _, job = imports.start_import(
        dataset, "interactions", io.BytesIO(table(rows)), "big.csv", owner
    )
    assert job is not None
    state = "queued"
    while state in ("queued", "running"):
        try:
            reconcile.reconcile()  # an attempt whose last word the server did not hear
            claimed = fence.claim("import", "test:1")
            if claimed is not None:
                child.run(claimed)
            state = Job.objects.get(pk=job.pk).state
        except (DatabaseError, InterfaceError):  # the server is down: it comes back
            connection.close()
        time.sleep(0.1)
    sys.stdout.write(state + "\n")


def table(rows: int) -> bytes:
    """Every row another event, so that the count afterwards is exact."""
    lines = (f"{n % 997},{n % 3001},{n % 5 + 1},{1_260_000_000 + n}" for n in range(rows))
    return ("user,item,rating,timestamp\n" + "\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    main(int(sys.argv[1]))
