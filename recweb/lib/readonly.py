"""Django's admin as a window: rows to look at, in bounded lists, with columns in both languages."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

Column = Callable[[Any], Any]
LONGEST = 20_000  # characters of one value on a page


def columns(**words: Any) -> tuple[Any, ...]:
    """One column a field, with its heading; for lists and for the page of one row."""
    return tuple(_column(name, heading) for name, heading in words.items())


def _column(name: str, heading: Any) -> Column:
    @admin.display(description=heading, ordering=name)
    def show(row: Any) -> Any:
        named = getattr(row, f"get_{name}_display", None)
        return _shown(named() if named else getattr(row, name))

    return show


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=1)[:LONGEST] if value else None
    return value


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the product's own pages do with their checks, the admin does not do without them."""

    list_per_page = list_max_show_all = 50
    show_full_result_count = False  # one count of a long table is enough

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields or super().get_readonly_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
