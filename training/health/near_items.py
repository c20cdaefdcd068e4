"""Items that are probably one: their titles differ only in spelling, order or punctuation.

Of two films of one title and two years, one is a remake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.health.data import Data
from training.health.finding import ITEM, ROWS, Evidence, Finding, column, finding

if TYPE_CHECKING:
    import polars as pl

SPEC = {
    "code": "near-duplicate-items",
    "unit": "share",
    "title": {"en": "Near-duplicate items", "zh-hans": "近似重复的物品"},
    "found": {
        "usual": {
            "en": "{n} items in {groups} groups have titles that differ only in case, "
            "punctuation, width, or the order of words, and not in their year.",
            "zh-hans": "{n} 个物品（共 {groups} 组）的标题仅在大小写、标点、全半角或词序上不同，"
            "且年份没有不同。",
        },
        "none": {"en": "No item has a title.", "zh-hans": "没有物品带标题。"},
    },
    "todo": {
        "en": "Two codes of one thing split its popularity, and a list may show both. Merge them "
        "in the item file, giving both events the same id.",
        "zh-hans": "同一事物有两个编码会分散其热度，列表还可能同时展示两者。请在物品文件中合并，"
        "使两者的事件使用同一编号。",
    },
}


def check(data: Data) -> Finding:
    """Share of the titled items that are in a group with another one."""
    listed = data.listed
    keys = _dated(normalised(data.items.titles), data.items.years)
    filled = (keys != "").to_numpy()
    if listed is not None:  # elsewhere the id stands in for a title
        filled &= listed
    if not filled.any():
        return finding(SPEC, None, "none")
    place = np.where(filled, keys.rank("dense").to_numpy().astype(np.int64), 0)
    counts = np.bincount(place)
    grouped = filled & (counts[place] > 1)
    events = np.bincount(place, weights=data.per_item, minlength=len(counts))
    members = np.flatnonzero(grouped)
    # the busiest groups first, whole groups together
    members = members[np.lexsort((members, place[members], -events[place[members]]))]
    rows = [
        [int(code), str(keys[int(code)])[:100], int(data.per_item[code])] for code in members[:ROWS]
    ]
    columns = (
        ITEM,
        column("text", "Read as", "归一化为"),
        column("count", "Events", "事件数"),
    )
    groups = int((np.bincount(place[grouped]) > 0).sum()) if len(members) else 0
    args = {"n": f"{len(members):,}", "groups": f"{groups:,}"}
    share = float(len(members) / filled.sum())
    evidence = Evidence(columns, rows, len(members)) if rows else None
    return finding(SPEC, share, args=args, evidence=evidence)


def _dated(titles: pl.Series, years: np.ndarray) -> pl.Series:
    """Each title that there is with its year, where that is known; text (n,)."""
    import polars as pl

    known = pl.Series(np.nan_to_num(years, nan=0.0)).cast(pl.Int64).cast(pl.String)
    dated = titles + " (" + known + ")"
    made: pl.Series = dated.zip_with(pl.Series(np.isfinite(years)) & (titles != ""), titles)
    return made


def normalised(titles: tuple[str, ...]) -> pl.Series:
    """The words of each title, one width and case, without punctuation, in order; text (n,)."""
    import polars as pl

    column = pl.Series("t", list(titles), dtype=pl.String)
    made: pl.Series = (
        column.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
        .str.split(" ")
        .list.sort()
        .list.join(" ")
    )
    return made
