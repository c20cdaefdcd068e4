"""Parallel coordinates: each run a line through its settings and metrics."""

from recweb.experiments import parallel
from recweb.experiments.models import Experiment


def run(pk: int, model: str, mean: float | None, **params: object) -> Experiment:
    metrics = {} if mean is None else {"validation": {"ndcg@10": {"mean": mean}}}
    return Experiment(pk=pk, model=model, params=params, metrics=metrics, name=f"<b>{pk}</b>")


def test_a_line_goes_from_0_to_1_and_log_settings_by_their_powers() -> None:
    l2 = [run(n, "ease", 0.1 * n, l2=10.0**n, solver="auto") for n in (1, 2, 3)]
    found = parallel.coordinates(l2)
    assert found is not None
    lines = found["figure"]["data"][:3]
    places = [[round(at, 9) for at in line["y"]] for line in lines]
    assert places == [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]
    assert found["table"]["header"] == ["", "l2", "nDCG@10 ↑"]
    assert found["table"]["rows"][0] == ["<b>1</b>", "10.0", "0.100"]
    low, high = found["figure"]["data"][3:]
    assert low["text"] == ["10.0", "0.100"] and high["text"][0].startswith("1")
    assert {trace["type"] for trace in found["figure"]["data"]} == {"scatter"}  # no WebGL
    assert "<b>" not in str(found["figure"])


def test_a_setting_that_a_model_lacks_breaks_its_line_there() -> None:
    both = [run(1, "ease", 0.1, l2=1.0), run(2, "ease", 0.2, l2=9.0), run(3, "pop", 0.0)]
    found = parallel.coordinates(both)
    assert found is not None
    assert found["figure"]["data"][2]["y"] == [1.0, None, 0.0]  # pop is the last of the models
    assert found["table"]["rows"][2] == ["<b>3</b>", "pop", "–", "0"]


def test_runs_without_figures_are_left_out_and_one_is_too_few() -> None:
    assert parallel.coordinates([run(1, "pop", 0.1), run(2, "pop", None)]) is None


def test_equal_values_stand_in_the_middle() -> None:
    found = parallel.coordinates([run(1, "pop", 0.1), run(2, "random", 0.1)])
    assert found is not None
    assert [line["y"] for line in found["figure"]["data"][:2]] == [[0.0, 0.5], [1.0, 0.5]]
