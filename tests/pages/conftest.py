from collections.abc import Callable

import pytest
from django.test import Client

from recweb.datasets.models import Dataset
from recweb.people.models import User
from tests.pages import cast as casting

Login = Callable[..., Client]


@pytest.fixture
def cast(db: None) -> casting.Cast:
    return casting.people()


@pytest.fixture
def films(cast: casting.Cast) -> Dataset:
    return casting.dataset(cast)


@pytest.fixture
def login() -> Login:
    def enter(user: User, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(user)
        return client

    return enter
