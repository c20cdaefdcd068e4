"""A user is erased: no run keeps labels about the user."""

from recweb.experiments.models import Experiment


def forget(dataset_id: int, user_code: int) -> dict[str, int]:
    """Runs stay, marked by their version's `redacted`: they are older than the erasure."""
    runs = Experiment.objects.filter(dataset=dataset_id)
    for run in runs.exclude(label_pairs=[]).only("pk", "label_pairs"):
        kept = [pair for pair in run.label_pairs if pair[0] != user_code]
        if len(kept) != len(run.label_pairs):
            Experiment.objects.filter(pk=run.pk).update(label_pairs=kept)
    return {"stale_runs": runs.filter(state="done").count()}
