"""Kinds of job for the fault tests. Queues lab-* are served by workers with a guard taken out."""

from recweb.jobs.kinds import Kind

HERE = "tests.faults.drill.tasks:"
END = HERE + "ended"


def kind(name: str, queue: str, run: str, *, child: bool = True, **more: object) -> Kind:
    return Kind(f"drill-{name}", queue, HERE + run, child=child, on_end=END, **more)  # type: ignore[arg-type]


KINDS = [
    kind("train", "train", "epochs"),
    kind("parse", "import", "epochs"),
    kind("forgetful", "import", "forgetful"),
    kind("quick", "quick", "epochs", child=False),
    kind("spare", "spare", "epochs", child=False),
    kind("poison", "import", "poison"),
    kind("poison-pool", "quick", "poison", child=False),
    kind("eater", "import", "eater", memory_mb=1500),
    kind("grower", "train", "eater", memory_mb=400),
    kind("deaf", "import", "deaf"),
    kind("hang", "import", "deaf", silence=1.0),
    kind("broken", "quick", "broken", child=False),
    kind("lab-a", "lab-a", "epochs"),
    kind("lab-a-poison", "lab-a", "poison"),
    kind("lab-a-deaf", "lab-a", "deaf"),
    kind("lab-b", "lab-b", "epochs"),
    kind("lab-c", "lab-c", "epochs", child=False),
    kind("lab-d", "lab-d", "epochs"),
    kind("split", "split", "epochs"),
    kind("lab-split", "lab-split", "epochs"),
]
