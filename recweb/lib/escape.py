"""The one door through which people's text reaches the chart library."""

import unicodedata

from django.utils.html import escape

ZERO_WIDTH = "\u200b"


def plain(text: object) -> str:
    """The text, shown literally by Plotly: no tag, no template, no MathJax (SEC-10 to 13).

    Plotly reads a small HTML (<a>, <br>, <span>), %{...} templates in hovers and $...$ as TeX.
    Entities switch the first off; a zero-width space after each % and $ the other two.
    """
    kept = "".join(
        char if char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cs") else " "
        for char in str(text)
    )
    safe = escape(kept)
    return safe.replace("%", "%" + ZERO_WIDTH).replace("$", "$" + ZERO_WIDTH)
