"""Built into every template: {{ metric|sig3 }}, {{ share|pct }}, {{ job.created|since }}."""

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recweb.lib import numbers

register = template.Library()

for _name in ("sig3", "pct", "figure", "signed", "count", "minutes"):
    register.filter(_name, getattr(numbers, _name))
register.filter("bytes", numbers.bytes_)


@register.filter
def since(at: datetime | None) -> str | SafeString:
    """Relative time; the exact one, with its zone, on hover and for machines."""
    if at is None:
        return numbers.MISSING
    if timezone.is_naive(at):
        at = at.replace(tzinfo=UTC)
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        numbers.ago((timezone.now() - at).total_seconds()),
    )
