import pytest

from recweb.people.models import User
from tests import cast
from tests.tiny import tiny_site

__all__ = ["tiny_site"]


@pytest.fixture
def ann(db: None) -> User:
    return cast.person("ann", "admin")


@pytest.fixture
def bob(db: None) -> User:
    return cast.person("bob", "analyst")


@pytest.fixture
def dan(db: None) -> User:
    return cast.person("dan", "annotator")
