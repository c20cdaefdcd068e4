"""A user is erased: what was fitted with the user is served no more."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from recweb.tuning.models import Policy, PolicyState


def forget(dataset_id: int, user_code: int) -> dict[str, int]:
    """Published policies retire, and no bundle stays to return to: publish again, which refits."""
    served = Policy.objects.filter(dataset=dataset_id).exclude(bundle="")
    bundles = list(served.values_list("bundle", flat=True))
    n = served.filter(state=PolicyState.PUBLISHED).update(state=PolicyState.RETIRED)
    served.update(bundle="")
    transaction.on_commit(lambda: _remove(bundles))
    return {"policies": n}


def _remove(bundles: list[str]) -> None:
    for name in bundles:
        shutil.rmtree(Path(settings.ARTIFACTS) / name, ignore_errors=True)
