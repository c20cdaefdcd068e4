"""Items that go together elsewhere, against items that somebody drew from the charts."""

import numpy as np
import pytest

from tests.training.health.planted import Columns, attacked, data, small
from training.health import coherence, shilling
from training.health.coherence import coherence as measured
from training.health.taste import taste

USERS, ITEMS, SCENES = 900, 4800, 240


def fans(seed: int = 0) -> Columns:
    """Plays only, every profile of exactly 50: of seven scenes of twenty, popular scenes oftener.

    So many scenes that no few directions of taste explain a profile, as artists are played.
    """
    rng = np.random.default_rng(seed)
    scenes = rng.permutation(ITEMS).reshape(SCENES, -1)
    law = 1 / np.sqrt(np.arange(1, scenes.shape[1] + 1))
    liked = 1 / np.arange(1, SCENES + 1)
    rows: list[tuple[int, int]] = []
    for user in range(USERS):
        mine = rng.choice(SCENES, 7, replace=False, p=liked / liked.sum())
        chosen = [rng.choice(scenes[one], 7, replace=False, p=law / law.sum()) for one in mine]
        more = rng.choice(np.setdiff1d(scenes[mine[0]], chosen[0]), 1)
        rows += [(user, int(item)) for item in np.concatenate([*chosen, more])]
    users, items = np.array(rows).T
    at = 1_600_000_000 + rng.integers(0, 10_000_000, len(rows))
    return users, items, np.full(len(rows), 3.0), at


@pytest.fixture(scope="module")
def honest() -> Columns:
    return fans()


def test_drawn_profiles_lie_at_chance_and_tastes_above(honest: Columns) -> None:
    columns, attackers, _target = attacked(honest, USERS, ITEMS, "popular")
    given = data(columns, rated=False)
    found = measured(given, taste(given).eligible)
    assert found is not None
    others = np.setdiff1d(np.arange(len(found)), attackers)
    assert np.abs(found[attackers]).max() < 0.1
    assert (found[others] > np.median(found[attackers])).mean() > 0.97


@pytest.mark.parametrize("kind", ["popular", "bandwagon"])
def test_abu_08_popular_fillers_among_profiles_of_one_size_are_found(
    honest: Columns, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, attackers, _target = attacked(honest, USERS, ITEMS, kind)
    given = data(columns, rated=False)
    suspects = np.array(shilling.check(given).suspects)
    assert np.isin(attackers, suspects).mean() >= 0.8
    assert len(np.setdiff1d(suspects, attackers)) <= 0.02 * USERS
    if kind == "popular":  # the guard switched off: directions of taste alone see nothing
        monkeypatch.setattr(coherence, "USERS", 0)
        assert not shilling.check(given).suspects


def test_abu_08_a_clean_log_of_fans_accuses_nobody(honest: Columns) -> None:
    assert not shilling.check(data(honest, rated=False)).suspects


def test_a_pair_that_others_have_is_met_and_one_that_nobody_has_is_not() -> None:
    rows = [(user, item, 0) for user in range(4) for item in (0, 1)]
    rows += [(4, 0, 0), (4, 2, 0), (5, 1, 0), (5, 2, 0)]
    given = small(*rows)
    found = measured(given, np.ones(6, dtype=bool))
    assert found is not None
    assert found[0] == found[3] > 0 > found[4]
    one = measured(small((0, 0, 0), (1, 0, 0), (1, 1, 0)), np.ones(2, dtype=bool))
    assert one is not None
    assert np.isnan(one[0])


def test_it_is_left_out_where_there_are_too_many_users() -> None:
    n = coherence.USERS + 1
    given = small(*[(user, item, 0) for user in range(n) for item in (0, 1)])
    assert measured(given, np.ones(n, dtype=bool)) is None
    assert measured(given, np.arange(n) > 0) is not None
    assert measured(given, np.zeros(n, dtype=bool)) is None
