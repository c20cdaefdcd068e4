"""The published bundle of each dataset, memory-mapped once per process."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from recweb.lib.api import ApiError
from recweb.serving.policy import Serving
from training.serve import Bundle


def bundle_of(policy: Serving) -> Bundle:
    """Raises ApiError 503 when its files are gone or damaged: rolling back mends it."""
    try:
        return _load(policy.pk, str(Path(settings.ARTIFACTS) / policy.bundle))
    except Exception as error:  # store.Corrupt, OSError, ValueError: which file, and why
        words = _("The files of policy %(n)d cannot be read. Roll back, or publish it again.")
        raise ApiError(503, "bundle_damaged", words % {"n": policy.number}) from error


@lru_cache(maxsize=8)
def _load(policy_id: int, folder: str) -> Bundle:
    """The policy's number is part of the key: a refit is another folder and another bundle."""
    return Bundle.load(Path(folder))
