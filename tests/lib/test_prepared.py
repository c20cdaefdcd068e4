"""Queries that are compiled once answer as if they were compiled each time."""

from typing import Any

import pytest
from django.db.models import QuerySet

from recweb.lib.prepared import Prepared
from recweb.people.models import User

pytestmark = pytest.mark.django_db


def named(newest_first: bool, name: str, least: int = 0) -> QuerySet[User, Any]:
    rows = User.objects.filter(username__gte=name, pk__gte=least, is_active=True)
    return rows.order_by("-username" if newest_first else "username").values_list("username")


def test_each_asking_has_its_own_values_and_each_shape_its_own_query() -> None:
    people = [User.objects.create(username=name) for name in ("ann", "bob's", "cat")]
    asked = Prepared(named)
    assert asked.rows(False, name="b") == [("bob's",), ("cat",)]
    assert asked.rows(False, name="bob's") == [("bob's",), ("cat",)]
    assert asked.rows(True, name="b") == [("cat",), ("bob's",)]
    assert asked.rows(True, name="a", least=people[1].pk) == [("cat",), ("bob's",)]
    assert len(asked.made) == 3


def test_a_value_that_the_query_forgets_is_an_error() -> None:
    with pytest.raises(ValueError, match="least"):
        Prepared(lambda name, least: named(False, name)).rows(name="a", least=1)
