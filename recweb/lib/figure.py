"""What a figure is made of: Plotly's data and layout, a caption, and the same as a table."""

from collections.abc import Sequence
from typing import Any

from recweb.lib.escape import plain

Figure = dict[str, Any]
Chart = dict[str, Any]


def chart(
    data: list[Figure],
    caption: str,
    header: Sequence[object],
    rows: Sequence[Sequence[object]],
    **layout: Any,
) -> Chart:
    """What templates/_chart.html draws. layout: what differs from charts.js's own."""
    return {
        "figure": {"data": data, "layout": layout},
        "caption": str(caption),
        "table": {
            "header": [str(name) for name in header],
            "rows": [list(row) for row in rows],
        },
    }


def axis(title: object, **more: Any) -> Figure:
    return {"title": {"text": plain(title)}, **more}
