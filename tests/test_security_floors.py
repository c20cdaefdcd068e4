"""Versions below which a hole is known: instead of an audit that needs a network."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.version import Version

FLOORS = {
    "Django": "5.2.19",
    "djangorestframework": "3.15.2",
    "celery": "5.2.2",
    "gunicorn": "22",
    "torch": "2.10",
    "transformers": "5.2.1",
    "pyarrow": "26.0",
    "django-filter": "2.4",
    "joblib": "1.2",
}
NEVER = ("dash",)
MAY_BE_ABSENT = ("pyarrow", "joblib")  # only other packages bring these
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", FLOORS)
def test_the_installed_version_is_above_the_floor(name: str) -> None:
    try:
        found = version(name)
    except PackageNotFoundError:
        assert name in MAY_BE_ABSENT, f"{name} is not installed"
        return
    assert Version(found) >= Version(FLOORS[name])


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_the_pinned_version_is_above_the_floor(file: str) -> None:
    pinned = dict(
        re.findall(r"^([A-Za-z0-9_.-]+)(?:\[.*?\])?==([^\s;]+)", (ROOT / file).read_text(), re.M)
    )
    assert pinned, f"{file} pins nothing"
    floors = {name.lower().replace("_", "-"): floor for name, floor in FLOORS.items()}
    for name, found in pinned.items():
        floor = floors.get(name.lower().replace("_", "-"), "0")
        assert Version(found) >= Version(floor), f"{name} {found} is below {floor}"


@pytest.mark.parametrize("name", NEVER)
def test_it_is_not_used(name: str) -> None:
    with pytest.raises(PackageNotFoundError):
        version(name)


def test_plotly_js_is_above_the_floor() -> None:
    from recweb.lib import plotlyjs

    with plotlyjs.source().open(encoding="utf-8") as file:
        found = re.search(r"plotly\.js v([\d.]+)", file.read(500))
    assert found
    assert Version(found[1]) >= Version("2.25.2")


def test_the_embedded_broker_is_above_the_floor() -> None:
    """CVE-2025-49844 and later ones: fixed in 9.0.5."""
    import redis
    from django.conf import settings

    url = settings.CELERY_BROKER_URL
    found = re.fullmatch(r"redis\+socket://:(.*)@(/.*?)(\?.*)?", url)
    if found is None:
        pytest.skip("the broker of this run was given by its environment")
    server = redis.Redis(unix_socket_path=found[2], password=found[1]).info("server")
    name = "valkey_version" if "valkey_version" in server else "redis_version"
    assert Version(str(server[name])) >= Version("9.0.5")
