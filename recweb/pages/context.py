"""What every page's frame needs; nothing is asked of the database until a template asks."""

from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset
from recweb.jobs.models import Job
from recweb.people.models import Preference, Role, User

SWITCHER = 12  # datasets in the menu; the list page has all
STEPS = ("tradeoff", "user")  # pages that getting started asks for

# url name, icon, words, least role, other pages of the same corner
CORNERS = (
    ("home", "house", _("Home"), Role.ANNOTATOR, ()),
    ("datasets", "database", _("Data"), Role.ANALYST, ("/datasets/",)),
    ("experiments", "graph-up", _("Experiments"), Role.ANALYST, ("/experiments/", "/studies/")),
    ("tradeoff", "sliders", _("Trade-off"), Role.ANALYST, ("/tradeoff/",)),
    ("policies", "broadcast", _("Policies"), Role.ANALYST, ("/policies/",)),
    ("explore", "people", _("Users & items"), Role.ANALYST, ("/explore/", "/users/", "/items/")),
    ("queues", "tag", _("Label"), Role.ANNOTATOR, ("/label/",)),
    ("jobs", "list-task", _("Jobs"), Role.ANNOTATOR, ("/jobs/",)),
)
FOOT = (
    ("admin:index", "gear", _("Administration"), Role.ADMIN, ("/admin/",)),
    ("help", "question-circle", _("Help"), Role.ANNOTATOR, ("/help/",)),
    ("about", "info-circle", _("About"), Role.ANNOTATOR, ("/about/",)),
)


class Link(NamedTuple):
    url: str
    icon: str
    name: str | Promise
    current: str  # aria-current: page, true (inside its corner), or empty


class Row(NamedTuple):
    slug: str
    name: str
    url: str


def address(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class Chrome:
    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) else None

    @cached_property
    def preference(self) -> Preference:
        found: Preference | None = getattr(self.request, "preference", None)
        return found or Preference()  # an error before the middleware that knows it

    @property
    def theme(self) -> str:
        theme = self.preference.theme
        return theme if theme in {"auto", "light", "dark"} else "auto"

    @property
    def density(self) -> str:
        return self.preference.density

    @property
    def keys_on(self) -> bool:
        return self.preference.keys_on

    @property
    def key_map(self) -> dict[str, str]:
        return self.preference.keys or {}

    @property
    def nav_width(self) -> str:
        return "narrow" if self.request.COOKIES.get("nav") == "narrow" else "wide"

    @property
    def role_name(self) -> str:
        return str(Role(self.user.role).label) if self.user and self.user.role else ""

    @cached_property
    def nav(self) -> list[Link]:
        return self._links(CORNERS)

    @cached_property
    def foot(self) -> list[Link]:
        return self._links(FOOT)

    def _links(self, table: tuple[tuple[Any, ...], ...]) -> list[Link]:
        links = []
        for name, icon, words, role, corner in table:
            url = address(name)
            if url and self.user and self.user.may(role):
                links.append(Link(url, icon, words, self._current(url, corner)))
        return links

    def _current(self, url: str, corner: tuple[str, ...]) -> str:
        path = self.request.path_info
        if self.request.path == url:
            return "page"
        return "true" if path.startswith(corner) else ""

    @cached_property
    def datasets(self) -> list[Row]:
        if self.user is None or not self.user.may(Role.ANALYST):
            return []
        rows = Dataset.objects.visible(self.user).order_by("name").values_list("slug", "name")
        return [Row(slug, name, address("dataset", slug)) for slug, name in rows[:SWITCHER]]

    @property
    def here(self) -> Row | None:
        """The dataset that the address names."""
        match = self.request.resolver_match
        named = {str(value) for value in match.kwargs.values()} if match else set()
        named.add(self.request.GET.get("dataset", ""))
        return next((row for row in self.datasets if row.slug in named), None)

    @cached_property
    def live_jobs(self) -> int:
        return Job.objects.visible(self.user).live().count() if self.user else 0

    @property
    def datasets_url(self) -> str:
        return address("datasets")

    @property
    def jobs_url(self) -> str:
        return address("jobs")

    @property
    def search_url(self) -> str:
        explore = address("explore") if self.user and self.user.may(Role.ANALYST) else ""
        return explore or address("help")

    @property
    def account_url(self) -> str:
        return address("account")

    @property
    def logout_url(self) -> str:
        return address("logout")


def note_visit(request: HttpRequest) -> None:
    """The first time somebody reaches a step of getting started: one write, then never again."""
    step = request.resolver_match.url_name if request.resolver_match else ""
    preference: Preference | None = getattr(request, "preference", None)
    user = getattr(request, "user", None)
    if step not in STEPS or preference is None or not isinstance(user, User):
        return
    if step not in preference.visited:
        preference.visited[step] = timezone.now().isoformat(timespec="seconds")
        Preference.objects.update_or_create(user=user, defaults={"visited": preference.visited})


def chrome(request: HttpRequest) -> dict[str, Chrome]:
    note_visit(request)
    return {"chrome": Chrome(request)}
