"""The health of a log: what will hurt before a model is trained.

One file a check, arrays in, a Finding out; CHECKS lists them in the order of a page.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from training.health import (
    bots,
    bursts,
    clock,
    cold,
    copycats,
    drift,
    duplicates,
    enough,
    kcore,
    languages,
    leak,
    missing,
    near_items,
    seasons,
    shilling,
    sparsity,
    tail,
    ties,
)
from training.health.data import Data
from training.health.finding import LEVELS, Finding

CHECKS: dict[str, Callable[[Data], Finding]] = {
    "enough": enough.check,
    "duplicates": duplicates.check,
    "clock": clock.check,
    "ties": ties.check,
    "bots": bots.check,
    "bursts": bursts.check,
    "copycats": copycats.check,
    "shilling": shilling.check,
    "near-duplicate-items": near_items.check,
    "missing": missing.check,
    "languages": languages.check,
    "cold": cold.check,
    "sparsity": sparsity.check,
    "long-tail": tail.check,
    "popularity-drift": drift.check,
    "seasonality": seasons.check,
    "split-leak": leak.check,
    "k-core": kcore.check,
}
Progress = Callable[[int, int, str], None]


def examine(data: Data, progress: Progress | None = None) -> list[Finding]:
    """Every check, the worst first; progress(done, total, code) before each one may raise."""
    found = []
    for done, (code, check) in enumerate(CHECKS.items()):
        if progress is not None:
            progress(done, len(CHECKS), code)
        found.append(check(data))
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def timed(data: Data) -> dict[str, float]:
    """CPU seconds of each check, in order (the keys that several share count for the first)."""
    seconds = {}
    for code, check in CHECKS.items():
        begun = time.process_time()
        check(data)
        seconds[code] = time.process_time() - begun
    return seconds


def titles() -> dict[str, dict[str, str]]:
    """Code of each check -> its title in both languages, in the order of CHECKS."""
    return {code: sys.modules[check.__module__].SPEC["title"] for code, check in CHECKS.items()}
