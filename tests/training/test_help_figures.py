"""What a help page measured is the same in both languages: either reader learns of a weakness."""

import re

import pytest

from training import registry

FIGURE = re.compile(r"(?<![\d.])0?(\.\d{2,4})\b")


@pytest.mark.parametrize("model", registry.models())
@pytest.mark.parametrize("text", ["help", "when"])
def test_both_languages_give_the_same_figures(model: str, text: str) -> None:
    said = registry.model_spec(model)[text]
    assert set(FIGURE.findall(said["zh-hans"])) == set(FIGURE.findall(said["en"]))
