"""Figures small enough to check by head."""

import pytest

from recweb.lib import charts


def test_bars_sideways_read_from_the_top() -> None:
    found = charts.bars([("a", 1.0), ("b", 2.0)], "c", "n", "topic", sideways=True)
    trace, layout = found["figure"]["data"][0], found["figure"]["layout"]
    assert (trace["x"], trace["y"], trace["orientation"]) == ([1.0, 2.0], ["a", "b"], "h")
    assert layout["yaxis"]["autorange"] == "reversed"
    assert found["table"]["header"] == ["topic", "n"]


def test_bars_keep_names_that_look_like_numbers() -> None:
    found = charts.bars([("1994", 1.0), ("007", 2.0)], "c", "year", "n")
    assert found["figure"]["layout"]["xaxis"]["type"] == "category"


def test_whiskers_are_distances_from_the_bar() -> None:
    found = charts.bars([("a", 1.0)], "c", "x", "y", errors=[(0.75, 1.5)])
    whisker = found["figure"]["data"][0]["error_y"]
    assert (whisker["array"], whisker["arrayminus"]) == ([0.5], [0.25])
    assert found["table"]["rows"] == [["a", 1.0, 0.75, 1.5]]


def test_a_histogram_puts_each_bar_in_the_middle_of_its_edges() -> None:
    trace = charts.histogram([0, 2, 6], [5, 7], "c", "x", "y")["figure"]["data"][0]
    assert (trace["x"], trace["width"], trace["y"]) == ([1.0, 4.0], [2, 4], [5, 7])


def test_a_histogram_wants_one_edge_more() -> None:
    with pytest.raises(ValueError, match="2 edges for 2 counts"):
        charts.histogram([0, 1], [1, 2], "c", "x", "y")


def test_equal_counts_lie_on_the_diagonal() -> None:
    trace = charts.lorenz([3, 3, 3, 3], "c", "items", "share")["figure"]["data"][0]
    assert trace["x"] == trace["y"] == [0, 0.25, 0.5, 0.75, 1.0]


def test_one_item_with_everything_stays_at_zero_until_the_end() -> None:
    trace = charts.lorenz([0, 0, 0, 8], "c", "items", "share")["figure"]["data"][0]
    assert trace["y"] == [0, 0, 0, 0, 1.0]


@pytest.mark.parametrize("counts", [[], [0, 0]])
def test_a_lorenz_curve_of_nothing_is_no_error(counts: list[float]) -> None:
    assert set(charts.lorenz(counts, "c", "x", "y")["figure"]["data"][0]["y"]) == {0.0}


def test_the_pareto_line_leaves_out_the_beaten() -> None:
    points = [(1.0, 1.0), (0.5, 2.0), (0.4, 1.5), (0.9, 1.0), (1.0, 0.5)]
    assert charts.pareto(points) == [1, 0]


def test_equal_points_give_one() -> None:
    assert charts.pareto([(1.0, 1.0), (1.0, 1.0)]) == [0]


def test_the_scatter_draws_its_pareto_line() -> None:
    rows = [("a", 0.1, 0.9), ("b", 0.2, 0.5), ("c", 0.15, 0.4)]
    line = charts.scatter(rows, "c", "ndcg", "ild")["figure"]["data"][1]
    assert (line["x"], line["y"]) == ([0.1, 0.2], [0.9, 0.5])


def test_the_frontier_has_a_closed_band_for_each_metric() -> None:
    band = {"mean": [2.0, 1.0], "lo": [1.5, 0.5], "hi": [2.5, 1.5]}
    found = charts.frontier([0, 1], {"ndcg@10": band, "ild@10": band}, "c", "diversity", marked=0.3)
    data, layout = found["figure"]["data"], found["figure"]["layout"]
    assert len(data) == 4
    assert (data[0]["x"], data[0]["y"]) == ([0, 1, 1, 0], [2.5, 1.5, 0.5, 1.5])
    assert data[3]["yaxis"] == "y2"
    assert layout["shapes"][0]["x0"] == 0.3
    assert found["table"]["rows"][0] == [0, 2.0, 1.5, 2.5, 2.0, 1.5, 2.5]


def test_smoothing_zero_is_raw_and_a_constant_stays_itself() -> None:
    assert charts.smooth([1.0, 3.0], 0) == [1.0, 3.0]
    assert charts.smooth([2.0, 2.0, 2.0], 0.9) == pytest.approx([2.0, 2.0, 2.0])


def test_smoothing_is_capped_below_one() -> None:
    assert charts.smooth([0.0, 1.0], 5.0)[1] == pytest.approx(0.5025, abs=1e-3)


def test_the_raw_curve_stays_visible_behind_the_smoothed() -> None:
    points = [(0, 4.0), (1, 1.0), (2, 2.0)]
    raw, smoothed = charts.curves({"loss": points}, "c", "epoch", "loss")["figure"]["data"]
    assert raw["y"] == [4.0, 1.0, 2.0]
    assert raw["opacity"] < 1
    assert smoothed["y"][0] == 4.0
    assert 1.0 < smoothed["y"][1] < 4.0


def test_a_line_that_never_moves_lies_in_the_middle() -> None:
    still = charts.line({"a": [(1, 0.08), (2, 0.08)]}, "c", "trial", "nDCG")["figure"]["layout"]
    assert still["yaxis"]["range"] == [0, 0.16]
    moving = charts.line({"a": [(1, 0.08), (2, 0.09)]}, "c", "trial", "nDCG")["figure"]["layout"]
    assert "range" not in moving["yaxis"]
