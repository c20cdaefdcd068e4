import numpy as np

from training.models.strongest import packed, strongest


def test_ties_go_to_the_lower_code() -> None:
    rows = np.array([[1.0, 3.0, 1.0, 1.0, 2.0]])
    assert np.flatnonzero(strongest(rows, 3)[0]).tolist() == [0, 1, 4]


def test_more_than_there_are_is_all() -> None:
    assert strongest(np.zeros((2, 3)), 9).all()


def test_packed_rows_fall_in_strength_and_end_in_filling() -> None:
    values = np.array([[0.0, -5.0, 2.0, 2.0], [0.0, 0.0, 0.0, 1.0]])
    columns, kept = packed([(values, values != 0)], 2, 4)
    assert columns.tolist() == [[1, 2, 3, -1], [3, -1, -1, -1]]
    assert kept.tolist() == [[-5.0, 2.0, 2.0, 0.0], [1.0, 0.0, 0.0, 0.0]]


def test_it_equals_sorting() -> None:
    rows = np.random.default_rng(0).integers(0, 6, (40, 30)).astype(float)
    for k in (1, 7, 29, 30):
        expected = np.argsort(-rows, axis=1, kind="stable")[:, :k]
        got = [np.flatnonzero(row).tolist() for row in strongest(rows, k)]
        assert got == [sorted(row.tolist()) for row in expected]
