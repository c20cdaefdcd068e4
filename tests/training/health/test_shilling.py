"""ABU-08: planted push and nuke profiles are found, honest users are left alone."""

from itertools import product

import numpy as np
import pytest

from tests.training.health.planted import Columns, attacked, data, genuine
from training.health import shilling

USERS, ITEMS = 1500, 800


@pytest.fixture(scope="module")
def honest() -> Columns:
    return genuine(USERS, ITEMS)


@pytest.mark.parametrize(
    ("kind", "rated"),  # a nuke is a low rating: without ratings there is none
    [*product(["random", "average", "popular", "bandwagon"], [True, False]), ("nuke", True)],
)
def test_abu_08_planted_profiles_are_found(honest: Columns, kind: str, rated: bool) -> None:
    columns, attackers, target = attacked(honest, USERS, ITEMS, kind)
    found = shilling.check(data(columns, rated=rated))
    suspects = np.array(found.suspects)
    recall = np.isin(attackers, suspects).mean()
    false = len(np.setdiff1d(suspects, attackers)) / USERS
    assert recall >= 0.8, f"{kind}: {recall:.2f} of the planted profiles"
    assert false <= 0.02, f"{kind}: {false:.4f} of the honest users"
    assert found.level == "warn"
    assert found.evidence is not None
    assert target in [row[0] for row in found.evidence.rows]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_abu_08_a_clean_log_accuses_nearly_nobody(seed: int) -> None:
    found = shilling.check(data(genuine(USERS, ITEMS, seed)))
    assert len(found.suspects) <= 0.02 * USERS


def test_too_few_users_are_not_judged() -> None:
    found = shilling.check(data(genuine(60, 100)))
    assert found.level == "skip"
    assert not found.suspects
