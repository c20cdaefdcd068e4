"""Names that the database keeps in English, in the reader's language; unknown ones as they are."""

from django import template
from django.utils.translation import gettext as _

from recweb.experiments import words

register = template.Library()


@register.filter
def job_kind(name: str) -> str:
    known = {
        "anonymity": _("anonymity"),
        "compare": _("compare"),
        "demo": _("demo data"),
        "diff": _("version difference"),
        "erase": _("erase"),
        "finalise": _("finalise"),
        "frontier": _("trade-off"),
        "health": _("health report"),
        "import": _("import"),
        "publish": _("publish"),
        "remove": _("remove"),
        "select": _("choose samples"),
        "shadow": _("compare label arms"),
        "prelabel": _("pre-label"),
        "pictures": _("encode images"),
        "transfer": _("transfer"),
        "study": _("tuning study"),
        "train": _("train"),
        "weights": _("event weights"),
    }
    return known.get(name, name)


@register.filter
def metric_name(metric: str) -> str:
    """ndcg@10 -> nDCG@10."""
    return words.metric_name(metric)


@register.filter
def distance_name(source: str) -> str:
    known = {
        "categories": _("categories"),
        "text": _("text vectors"),
        "collaborative": _("collaborative"),
    }
    return known.get(source, source)


@register.filter
def column_role(field: str) -> str:
    known = {
        "user": _("user"),
        "item": _("item"),
        "event": _("event"),
        "value": _("value"),
        "at": _("time"),
        "title": _("title"),
        "categories": _("categories"),
        "year": _("year"),
        "text": _("description"),
        "session": _("session"),
        "query": _("query"),
        "position": _("position"),
        "propensity": _("propensity"),
        "device": _("device"),
        "relation": _("relation"),
        "entity": _("entity"),
    }
    return known.get(field, field)
