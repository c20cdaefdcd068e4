from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from recweb.lib import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.04321, "0.0432"),
        (1.2345, "1.23"),
        (45.67, "45.7"),
        (0.9999, "1.00"),
        (999.9, "1\u202f000"),
        (12345, "12\u202f300"),
        (-0.5, "\u22120.500"),
        (0.0000123, "1.23e\u221205"),
        (None, "–"),
        ("x", "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_three_significant_digits(value: object, text: str) -> None:
    assert numbers.sig3(value) == text


def test_percent_sign_and_count() -> None:
    assert numbers.pct(0.0432) == "4.32\u202f%"
    assert numbers.signed(0.5) == "+0.500"
    assert numbers.signed(-0.5) == "\u22120.500"
    assert numbers.signed(0) == "0"
    assert numbers.count(1234567) == "1\u202f234\u202f567"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0\u202fB"), (999, "999\u202fB"), (1500, "1.50\u202fkB"), (3.2e12, "3.20\u202fTB")],
)
def test_bytes(size: float, text: str) -> None:
    assert numbers.bytes_(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0.400 s"), (42, "42 s"), (90, "2 min"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    with translation.override("en"):
        assert numbers.minutes(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "just now"),
        (-3, "just now"),
        (42, "42 seconds ago"),
        (180, "3 minutes ago"),
        (-3600, "in 1 hour"),
        (86400 * 3, "3 days ago"),
        (86400 * 400, "1 year ago"),
    ],
)
def test_relative_times(seconds: float, text: str) -> None:
    with translation.override("en"):
        assert numbers.ago(seconds) == text


def test_since_carries_the_exact_time_and_zone() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with timezone.override("Asia/Shanghai"):
        found = Template("{{ at|since }}").render(Context({"at": at}))
    assert 'datetime="2026-01-02T03:04:05+00:00"' in found
    assert 'title="2026-01-02 11:04:05 CST"' in found
    assert Template("{{ at|since }}").render(Context({"at": None})) == "–"


def test_the_filters_are_built_in() -> None:
    row = Context({"x": 0.5, "n": 1000, "b": 1500, "at": timezone.now() - timedelta(hours=2)})
    names = ("x|sig3", "x|pct", "x|signed", "n|count", "b|bytes", "n|minutes", "at|since")
    text = " ".join("{{ " + name + " }}" for name in names)
    assert "2 hours ago" in Template(text).render(row)
