"""What a run left on disk: its manifests say which arrays there are and what they hash to."""

import json
from dataclasses import dataclass
from pathlib import Path

from recweb.experiments import artifacts
from recweb.experiments.models import Experiment

MANIFEST = "manifest.json"
SEALED = "test"
MOST = 500


@dataclass(frozen=True)
class File:
    name: str  # below the run's folder
    size: int
    sha256: str
    sealed: bool


def listed(run: Experiment) -> list[File]:
    if not run.folder:
        return []
    root = artifacts.folder(run)
    out: list[File] = []
    for manifest in sorted(root.rglob(MANIFEST))[:50]:
        out += _of(run, root, manifest)
    return out[:MOST]


def _of(run: Experiment, root: Path, manifest: Path) -> list[File]:
    folder = manifest.parent
    sealed = folder.relative_to(root).parts[:1] == (SEALED,) and run.finalised is None
    try:
        hashes = dict(json.loads(manifest.read_text("utf-8")).get("files", {}))
    except (OSError, ValueError):
        hashes = {}
    names = [(f"{name}.npy", str(digest)) for name, digest in sorted(hashes.items())]
    out = []
    for name, digest in [*names, (MANIFEST, "")]:
        path = folder / name
        if path.is_file():
            where = str(path.relative_to(root))
            out.append(File(where, path.stat().st_size, digest, sealed))
    return out


def path(run: Experiment, name: str) -> Path | None:
    """Only what `listed` names can be had: no other path leads anywhere."""
    known = {file.name for file in listed(run) if not file.sealed}
    return artifacts.folder(run) / name if name in known else None
