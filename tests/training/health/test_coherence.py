"""Items that go together elsewhere, against items that somebody drew from the charts."""

import numpy as np

from tests.training.health.planted import Columns, attacked, data, small
from training.health import coherence, shilling
from training.health.coherence import coherence as measured
from training.health.taste import taste

USERS, ITEMS, EACH = 900, 2400, 50


def fans(seed: int = 0) -> Columns:
    """Plays only, every profile of exactly 50: three scenes of a hundred, each with its charts.

    Chart items of all scenes are the popular ones, so that fillers drawn by popularity look usual.
    """
    rng = np.random.default_rng(seed)
    scenes = rng.permutation(ITEMS).reshape(24, -1)
    law = 1 / np.arange(1, scenes.shape[1] + 1)
    law /= law.sum()
    rows = []
    for user in range(USERS):
        mine = rng.choice(24, 3, replace=False)
        for scene, n in zip(mine, (25, 15, 10), strict=True):
            for item in rng.choice(scenes[scene], n, replace=False, p=law):
                rows.append((user, item))
    users, items = np.array(rows).T
    at = 1_600_000_000 + rng.integers(0, 10_000_000, len(rows))
    return users, items, np.full(len(rows), 3.0), at


def test_drawn_profiles_lie_at_chance_and_tastes_above() -> None:
    columns, attackers, _target = attacked(fans(), USERS, ITEMS, "popular")
    given = data(columns, rated=False)
    found = measured(given, taste(given).eligible)
    assert found is not None
    honest = np.setdiff1d(np.arange(len(found)), attackers)
    assert np.abs(found[attackers]).max() < 0.3
    assert np.quantile(found[honest], 0.02) > found[attackers].max()


def test_abu_08_popular_fillers_among_profiles_of_one_size_are_found() -> None:
    for kind in ("popular", "bandwagon"):
        columns, attackers, _target = attacked(fans(), USERS, ITEMS, kind)
        suspects = np.array(shilling.check(data(columns, rated=False)).suspects)
        assert np.isin(attackers, suspects).mean() >= 0.8, kind
        assert len(np.setdiff1d(suspects, attackers)) <= 0.02 * USERS, kind
    assert len(shilling.check(data(fans(), rated=False)).suspects) <= 0.02 * USERS


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


def test_it_is_left_out_where_there_are_too_many_users(monkeypatch) -> None:  # noqa: ANN001
    monkeypatch.setattr(coherence, "USERS", 5)
    given = small(*[(user, item, 0) for user in range(6) for item in (0, 1)])
    assert measured(given, np.ones(6, dtype=bool)) is None
    assert measured(given, np.zeros(6, dtype=bool)) is None
