"""A preview by a child process: foreign parsers never run in the process that answers people.

The child gets half a minute and bounded memory. It is killed with its parent's patience, and a
crash of its parser is a refusal here, in words.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.clean.reasons import Refused
from training.clean.report import Kind, Limits, Options, Preview

SECONDS = 30
MEGABYTES = 3_000  # of address space: polars alone reserves more than one thousand
ROOT = Path(__file__).resolve().parents[2]


def preview(
    path: Path, kind: Kind, mapping: Mapping[str, str] | None, options: Options, name: str
) -> Preview:
    """As training.clean.preview. Raises Refused, also when the child dies or takes too long."""
    order = {
        "path": str(path.resolve()),
        "kind": kind,
        "mapping": None if mapping is None else dict(mapping),
        "options": dataclasses.asdict(options),
        "name": name,
    }
    stopped = Refused("reader-stopped", seconds=SECONDS, megabytes=MEGABYTES)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "training.clean.aside"],
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "POLARS_MAX_THREADS": "2"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise stopped from None
    if done.returncode:
        raise stopped
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise Refused(answer["refused"], **answer["details"])
    return _preview(answer["preview"])


def _preview(found: dict[str, Any]) -> Preview:
    rows = tuple(tuple(row) for row in found.pop("sample"))
    columns, missing = tuple(found.pop("columns")), tuple(found.pop("missing"))
    return Preview(**found, sample=rows, columns=columns, missing=missing)


def _options(given: dict[str, Any]) -> Options:
    scale = given.pop("scale")
    limits = Limits(**given.pop("limits"))
    return Options(**given, limits=limits, scale=tuple(scale) if scale else None)


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """What the child says."""
    from training.clean import look

    path, options = Path(order["path"]), _options(order["options"])
    try:
        found = look(path, order["kind"], order["mapping"], options, order["name"])
    except Refused as refused:
        return {"refused": refused.code, "details": refused.details}
    return {"preview": dataclasses.asdict(found)}


def main() -> None:
    """Read an order, bound this process, and answer."""
    order = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 2**20, MEGABYTES * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(json.dumps(answer(order)).encode())


if __name__ == "__main__":
    main()
