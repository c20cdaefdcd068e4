"""ABU-08: planted push and nuke profiles are found, honest users are left alone."""

from itertools import product

import numpy as np
import pytest

from tests.training.health.planted import Columns, attacked, data, genuine
from training.health import shilling
from training.health.taste import taste

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


def test_abu_08_few_low_ratings_are_seen_among_low_ratings(honest: Columns) -> None:
    """Nine users of one profile size are lost in a popular item's audience, not in those who
    dislike it: on MovieLens that found the nuke that the least tasteful users did not show."""
    columns, attackers, target = attacked(honest, USERS, ITEMS, "nuke", share=0.006)
    log = data(columns)
    everyone, low, _high = (
        {found.item: found.users for found in shilling._by_size(pairs, taste(log), log)}
        for pairs in shilling._views(log)
    )
    assert len(attackers) == 9
    assert target not in everyone
    assert set(attackers) <= set(low[target])
