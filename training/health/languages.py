"""In which scripts the items' texts are written, and whether the text encoder can read them."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.finding import ITEM, ROWS, Curve, Evidence, Finding, column, finding

SPEC = {
    "code": "languages",
    "unit": "share",
    "title": {"en": "Language of the texts", "zh-hans": "文本语言"},
    "found": {
        "usual": {
            "en": "{text} of {items} items have a text: {parts}. The default encoder reads "
            "English; {other:.1%} of the texts are in another script.",
            "zh-hans": "{items} 个物品中 {text} 个有文本：{parts}。默认编码器读英文；"
            "{other:.1%} 的文本使用其他文字。",
        },
        "none": {"en": "No item has a text.", "zh-hans": "没有物品带文本。"},
    },
    "todo": {
        "en": "Distances and content models stand on what the encoder understands. For other "
        "scripts use categories as the distance, or a multilingual encoder where one is set up.",
        "zh-hans": "距离与内容模型依赖编码器的理解能力。对其他文字，请以类别为距离，"
        "或使用已配置的多语言编码器。",
    },
}
SCRIPTS = {
    "Han": (r"\p{Han}", "汉字"),
    "Kana": (r"[\p{Hiragana}\p{Katakana}]", "假名"),
    "Hangul": (r"\p{Hangul}", "谚文"),
    "Latin": (r"\p{Latin}", "拉丁字母"),
    "Cyrillic": (r"\p{Cyrillic}", "西里尔字母"),
    "Arabic": (r"\p{Arabic}", "阿拉伯字母"),
    "Hebrew": (r"\p{Hebrew}", "希伯来字母"),
    "Thai": (r"\p{Thai}", "泰文"),
    "Devanagari": (r"\p{Devanagari}", "天城文"),
    "Greek": (r"\p{Greek}", "希腊字母"),
}
READ = 300  # characters of a text that are looked at


def check(data: Data) -> Finding:
    """Share of the texts whose main script is not Latin."""
    titled = np.array([bool(text) for text in data.items.texts], dtype=bool)
    if not titled.any():
        return finding(SPEC, None, "none")
    main = _main([text[:READ] for text in data.items.texts])
    named = [*SCRIPTS, "other"]
    counts = np.bincount(main[titled], minlength=len(named))
    other = titled & (main != named.index("Latin")) & (main != named.index("other"))
    ranked = [place for place in np.argsort(-counts, kind="stable") if counts[place]]
    share = float(other.sum() / titled.sum())
    parts = ", ".join(f"{named[p]} {counts[p] / titled.sum():.1%}" for p in ranked[:4])
    args = {
        "text": f"{titled.sum():,}",
        "items": f"{len(titled):,}",
        "parts": parts,
        "other": share,
    }
    rows = [[int(code), named[main[code]]] for code in np.flatnonzero(other)[:ROWS]]
    evidence = Evidence((ITEM, column("text", "Script", "文字")), rows, int(other.sum()))
    curve = Curve(
        "bars",
        [[named[place], int(counts[place])] for place in ranked],
        {"en": "script", "zh-hans": "文字"},
        {"en": "items", "zh-hans": "物品数"},
        {"en": "Items by the main script of their text", "zh-hans": "按文本主要文字统计的物品"},
    )
    return finding(SPEC, share, args=args, evidence=evidence if rows else None, curve=curve)


def _main(texts: list[str]) -> np.ndarray:
    """Index of the script with the most letters; len(SCRIPTS) where no letter was known.

    Kana outweighs Han: Japanese is written with both, Chinese with Han alone.
    """
    import polars as pl

    column = pl.Series("t", texts)
    counts = np.stack(
        [column.str.count_matches(pattern).to_numpy() for pattern, _ in SCRIPTS.values()]
    ).astype(np.int64)
    names = list(SCRIPTS)
    kana, han = counts[names.index("Kana")], counts[names.index("Han")]
    kana[:] = np.where(kana * 5 > han, kana + han, kana)
    best = counts.argmax(axis=0)
    return np.where(counts.max(axis=0) > 0, best, len(SCRIPTS))
