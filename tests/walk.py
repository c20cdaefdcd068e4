"""Every route of the resolver, and for each an address that points at the cast's rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from tests.cast import Play

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Route:
    name: str  # with its namespace
    pattern: str  # "/jobs/<int:job_id>/"
    params: tuple[str, ...]
    callback: Callable[..., Any]

    @property
    def key(self) -> str:
        """The route's row in the table: a namespace has one for all its routes."""
        return f"{self.name.split(':')[0]}:*" if ":" in self.name else self.name

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("/api/") and not self.pattern.startswith("/api/docs/")


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, "/", ""))


def _walk(patterns: list[Any], prefix: str, space: str) -> Iterator[Route]:
    for found in patterns:
        if isinstance(found, URLResolver):
            inner = f"{space}{found.namespace}:" if found.namespace else space
            yield from _walk(found.url_patterns, prefix + str(found.pattern), inner)
        elif isinstance(found, URLPattern):
            text = prefix + str(found.pattern)
            params = (
                tuple(found.pattern.converters) if isinstance(found.pattern, RoutePattern) else ()
            )
            whole = [part for part in text.split("<")[1:]]
            names = tuple(part.split(">")[0].split(":")[-1] for part in whole) or params
            yield Route(f"{space}{found.name or ''}", text, names, found.callback)


def value(made: Play, route: Route, param: str, actor: str) -> str:
    """What stands in an address for one of its parameters: the number or name of a real row."""
    if param == "token_id" and route.name.startswith("account"):
        return str(made.users[actor if actor in made.users else "bob"].tokens.earliest("pk").pk)
    if param == "upload_id":
        from recweb.datasets.models import Upload

        owner = made.users[actor if actor in made.users else "ann"]
        return str(Upload.objects.get_or_create(owner=owner, file_name="a.csv", size=9)[0].pk)
    word = param.removesuffix("_id").removesuffix("_pk")
    known: dict[str, Any] = {
        "slug": made.dataset.slug,
        "dataset": made.dataset.slug,
        "user": "u0",
        "item": "i0",
        "outside": "i0" if "item" in route.name else "u0",
        "user_id": "u0",
        "item_id": "i0",
        "number": 1,
        "import": made.batch.pk,
        "batch": made.batch.pk,
        "frontier": made.frontier.pk,
        "study": made.study.pk,
        "name": "pop",
        "key": "pop",
        "model": "pop",
        "lease": made.lease.token,
        "lease_token": made.lease.token,
        **{
            name: made.rows[name].pk
            for name in ("experiment", "job", "policy", "queue", "sample", "version", "label")
        },
    }
    if param in ("id", "pk"):
        word = next((w for w in known if w in route.pattern), word)
    if word not in known and param not in known:
        raise AssertionError(f"tests/walk.py does not know what <{param}> of {route.name} is")
    return str(known.get(param, known.get(word)))


def address(made: Play, route: Route, actor: str = "bob") -> str:
    parts = route.pattern.split("<")
    out = parts[0]
    for part in parts[1:]:
        inside, rest = part.split(">", 1)
        out += value(made, route, inside.split(":")[-1], actor) + rest
    return out
