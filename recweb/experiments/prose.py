"""Running texts of the registries as the reader sees them: names for ids, code for backticks."""

import re
from functools import cache

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from recweb.experiments.orders import model_name
from training import registry

WORDS = {"random"}  # an id that is a word of its own in running text


def prose(text: str, *, link: bool = True, names: bool = True) -> SafeString:
    """Escaped; `code` as code, and ids of models as their names, linked to their entry of the help.

    link=False: inside a label or another link. names=False: formulas. In a text of a setting say
    setting() instead: its words are the setting's choices, too.
    """
    return _written(text, _models() if names else frozenset(), link)


def setting(text: str, *, link: bool = False) -> SafeString:
    """Help of a setting. A bare "bpr" or "ials" in it is what the field offers and stays as it is;
    an id with an underscore can only be a model."""
    return _written(text, frozenset(name for name in _models() if "_" in name), link)


@cache
def _models() -> frozenset[str]:
    return frozenset(registry.models()) - WORDS


@cache
def _pattern(ids: frozenset[str]) -> re.Pattern[str]:
    longest = sorted(ids, key=lambda name: (-len(name), name))
    named = "|".join(map(re.escape, longest)) or r"(?!)"
    # plain ASCII edges: a Chinese letter may stand right beside an id
    return re.compile(rf"`([^`]+)`|(?<![\w`.-])({named})(?![\w`-])", re.ASCII)


def _written(text: str, ids: frozenset[str], link: bool) -> SafeString:
    def put(found: re.Match[str]) -> str:
        code, model = found.groups()
        if code is not None:
            return f"<code>{code}</code>"  # escaped already, with all around it
        if not link:
            return escape(model_name(model))
        return format_html(
            '<a href="{}#{}">{}</a>', reverse("help-models"), model, model_name(model)
        )

    return mark_safe(_pattern(ids).sub(put, escape(text)))  # noqa: S308 - escaped one line above
