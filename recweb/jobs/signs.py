"""Signs of life of the workers and the reconciler, for /jobs/ and /readyz."""

import json
from typing import Any

from django.db import connection

# facts of a worker row: {"host:pid": {"slots", "at"}}; who was silent for a minute is forgotten
SHOW = """
    INSERT INTO jobs_beat (name, at, facts) VALUES (%(name)s, clock_timestamp(), %(facts)s::jsonb)
    ON CONFLICT (name) DO UPDATE SET at = excluded.at, facts = excluded.facts || coalesce((
        SELECT jsonb_object_agg(key, value) FROM jsonb_each(jobs_beat.facts)
        WHERE NOT excluded.facts ? key AND jsonb_typeof(value) = 'object'
          AND (value->>'at')::float > extract(epoch FROM clock_timestamp()) - 60
    ), '{}')
"""


def show(name: str, facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SHOW, {"name": name, "facts": json.dumps(facts)})


def age(name: str) -> float:
    """Seconds since its last sign of life; endless when there was none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - at) FROM jobs_beat WHERE name = %s",
            [name],
        )
        found = cursor.fetchone()
    return float(found[0]) if found else float("inf")
