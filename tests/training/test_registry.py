import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training import registry
from training.bundle import FORMS
from training.features import Rule, positives
from training.log import Log
from training.models.contract import quiet
from training.split import split

ALL = {
    **{f"model {name}": spec for name, spec in registry.models().items()},
    **{f"metric {name}": spec for name, spec in registry.metrics().items()},
    **{f"reranker {name}": spec for name, spec in registry.rerankers().items()},
    **{f"strategy {name}": spec for name, spec in registry.strategies().items()},
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PROPER = {"EASE", "PureSVD", "iALS", "MMR"}


NEEDS = {"text", "topics", "time", "ratings", "graph", "grades", "vectors", "endpoint"}


def texts(value: Any) -> list[dict[str, str]]:
    """All {"en", "zh-hans"} pairs anywhere in a literal."""
    if isinstance(value, dict):
        if "en" in value or "zh-hans" in value:
            return [value]
        return [pair for part in value.values() for pair in texts(part)]
    return [pair for part in value for pair in texts(part)] if isinstance(value, list) else []


def test_the_readmes_model_is_all_that_a_model_needs() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    code = readme.split("```python\n")[1].split("```")[0]
    made: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), made)
    assert set(made["SPEC"]) == set(registry.models()["pop"]) - {"module"}
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, (20, 30), (300, 2)), axis=0)
    users, items = pairs.T.astype(np.int32)
    at = rng.integers(1_400_000_000, 1_500_000_000, len(pairs))
    events, values = np.zeros(len(pairs), np.int16), np.ones(len(pairs), np.float32)
    log = Log(users, items, events, values, at, ("taken",), 20, 30)
    parts = split(positives(log, [Rule("taken")]), "user-temporal")
    model = made["Mine"]().fit(parts, rng=rng, progress=quiet)
    newest = parts.train_at.max(axis=0).toarray().ravel()
    assert np.array_equal(model.scores(np.arange(3)), np.tile(newest, (3, 1)))
    assert set(model.serving()) == set(FORMS[model.serving_meta()["form"]])


def test_four_registries_have_entries() -> None:
    kinds = {name.split()[0] for name in ALL}
    assert kinds == {"model", "metric", "reranker", "strategy"}


@pytest.mark.parametrize("name", ALL)
def test_every_text_stands_in_both_languages(name: str) -> None:
    pairs = texts(ALL[name])
    assert len(pairs) >= 2  # name and help at least
    for pair in pairs:
        assert set(pair) == {"en", "zh-hans"}
        assert pair["en"].strip() and not CHINESE.search(pair["en"])
        assert CHINESE.search(pair["zh-hans"]) or pair["zh-hans"] in PROPER


@pytest.mark.parametrize("name", registry.models())
def test_every_model_says_what_the_pages_need(name: str) -> None:
    spec = registry.model_spec(name)
    for field in ("id", "name", "kind", "paper", "help", "when", "cost", "formula"):
        assert field in spec
    assert spec["serving"] in ("factors", "item-item", "lists", "popularity")
    assert set(spec["needs"]) <= NEEDS


@pytest.mark.parametrize("name", registry.models())
def test_defaults_pass_their_own_check(name: str) -> None:
    defaults = registry.check_params(name, {})
    given = {field: value for field, value in defaults.items() if value is not None}
    assert registry.check_params(name, given) == defaults


@pytest.mark.parametrize("name", registry.models())
def test_the_class_takes_the_defaults_and_refuses_the_unknown(name: str) -> None:
    loaded = registry.load_model(name)
    assert loaded().params == registry.check_params(name, {})
    with pytest.raises(registry.ParamError) as error:
        loaded(bogus=1)
    assert (error.value.field, error.value.code) == ("bogus", "unknown")


NUMBERS = [
    (name, field)
    for name, spec in registry.models().items()
    for field, rule in spec["params"].items()
    if rule["type"] in ("int", "float")
]


@pytest.mark.parametrize(("name", "field"), NUMBERS)
def test_numbers_outside_their_range_are_refused_with_it(name: str, field: str) -> None:
    rule = registry.model_spec(name)["params"][field]
    assert registry.check_params(name, {field: rule["low"]})[field] == rule["low"]
    assert registry.check_params(name, {field: rule["high"]})[field] == rule["high"]
    for wrong in (rule["low"] - 1, rule["high"] + 1, 10**400):
        with pytest.raises(registry.ParamError) as error:
            registry.check_params(name, {field: wrong})
        parts = (error.value.field, error.value.code, error.value.low, error.value.high)
        assert parts == (field, "range", rule["low"], rule["high"])
        assert field in error.value.message and str(wrong) in error.value.message


@pytest.mark.parametrize("wrong", ["64", None, True, [64], float("nan"), float("inf"), 2.5])
def test_a_whole_number_is_nothing_else(wrong: object) -> None:
    with pytest.raises(registry.ParamError) as error:
        registry.check_params("ials", {"factors": wrong})
    assert error.value.code == "type"


def test_a_whole_float_from_json_is_a_whole_number() -> None:
    factors = registry.check_params("ials", {"factors": 32.0})["factors"]
    assert factors == 32 and isinstance(factors, int)


def test_a_choice_names_what_may_be_chosen() -> None:
    with pytest.raises(registry.ParamError) as error:
        registry.check_params("ease", {"solver": "magic"})
    assert error.value.choices == ("auto", "primal", "dual")
    assert "auto, primal, dual" in error.value.message


def test_an_empty_weight_stays_empty() -> None:
    assert registry.check_params("hybrid", {"weight": None})["weight"] is None


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no model 'svd'; known: .*ease"):
        registry.load_model("svd")


def test_the_schema_says_what_the_check_does() -> None:
    schema = registry.json_schema(registry.model_spec("ease"), "zh-hans")
    assert schema["additionalProperties"] is False
    l2 = schema["properties"]["l2"]
    assert (l2["type"], l2["default"]) == ("number", 300)
    assert (l2["minimum"], l2["maximum"]) == (1, 10_000_000)
    assert CHINESE.search(l2["description"])
    assert schema["properties"]["solver"]["enum"] == ["auto", "primal", "dual"]
    weight = registry.json_schema(registry.model_spec("hybrid"))["properties"]["weight"]
    assert weight["type"] == ["number", "null"]


def test_listing_loads_nothing_but_the_standard_library() -> None:
    script = (
        "import sys; from training import registry; registry.models(); registry.metrics(); "
        "registry.rerankers(); registry.strategies(); registry.check_params('ials', {}); "
        "print(sorted({'numpy', 'scipy', 'torch', 'implicit'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_loading_the_models_loads_no_torch() -> None:
    script = (
        "import sys; from training import registry; "
        "[registry.load_model(name) for name in registry.models()]; "
        "print('torch' in sys.modules or 'implicit' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
