"""The work of the drills: a training that can be resumed bit by bit, and jobs that misbehave."""

import hashlib
import json
import os
import signal
import time

import numpy as np

from recweb.jobs.models import Job
from recweb.jobs.run import Run
from tests.faults.drill.models import Ended, Epoch, Result

SIZE = 64
STEPS = 10  # an epoch


def epochs(run: Run) -> None:
    """params: seed, epochs, seconds (of one epoch)."""
    weights, rng, first = _resume(run)
    total = run.params["epochs"]
    for epoch in range(first, total):
        run.log(f"epoch {epoch}")
        for step in range(STEPS):
            weights = np.tanh(weights @ rng.normal(size=(SIZE, SIZE)) / 8 + weights)
            time.sleep(run.params["seconds"] / STEPS)
            run.progress(epoch + (step + 1) / STEPS, total, f"epoch {epoch + 1}", "epochs")
        _save(run, weights, rng, epoch + 1)
        with run.fenced():
            Epoch.objects.create(job_id=run.job.pk, attempt=run.attempt, number=epoch)
    (run.folder / "weights").write_bytes(weights.tobytes())
    digest = hashlib.sha256(weights.tobytes()).hexdigest()
    with run.fenced():
        Result.objects.create(job_id=run.job.pk, attempt=run.attempt, digest=digest)


def _resume(run: Run) -> tuple[np.ndarray, np.random.Generator, int]:
    rng = np.random.default_rng(run.params["seed"])
    found = run.checkpoints / "state.json"
    if not found.exists():
        return rng.normal(size=(SIZE, SIZE)), rng, 0
    state = json.loads(found.read_text())
    rng.bit_generator.state = state["rng"]
    weights = np.frombuffer(bytes.fromhex(state["weights"])).reshape(SIZE, SIZE)
    run.log(f"resumes after epoch {state['epoch']}")
    return weights, rng, state["epoch"]


def _save(run: Run, weights: np.ndarray, rng: np.random.Generator, epoch: int) -> None:
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    state = {"epoch": epoch, "rng": rng.bit_generator.state, "weights": weights.tobytes().hex()}
    draft = run.checkpoints / f"draft-{os.getpid()}"
    draft.write_text(json.dumps(state))
    draft.replace(run.checkpoints / "state.json")


def forgetful(run: Run) -> None:
    """The same training, whose checkpoints do not survive their attempt."""
    run.checkpoints = run.folder / "checkpoints"
    epochs(run)


def poison(run: Run) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def eater(run: Run) -> None:
    """Takes 50 MB more every tenth of a second, really written to."""
    kept = []
    while True:
        kept.append(np.ones(50 * 2**20 // 8))
        time.sleep(0.1)
        run.progress(len(kept), 100, "eating")


def deaf(run: Run) -> None:
    """Ignores SIGTERM, starts a process of its own, and never looks at its job."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grandchild = os.fork()
    if grandchild:
        run.log(f"grandchild {grandchild}")
    while True:
        time.sleep(60)


def broken(run: Run) -> None:
    raise ZeroDivisionError("secret detail")


def ended(job: Job) -> None:
    Ended.objects.create(job_id=job.pk, state=job.state)
