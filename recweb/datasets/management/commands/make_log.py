"""`manage.py make_log FILE`: a log whose law is known, for tests, demos and scale runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

NUMBERS = (  # option, type, what it means
    ("rows", int, "data rows, up to 1e8"),
    ("users", int, "users"),
    ("items", int, "items"),
    ("topics", int, "topics"),
    ("slope", float, "of popularity: share ~ rank^-slope; 0 all equal"),
    ("activity", float, "of the users' activity, likewise"),
    ("diversity", float, "how often users leave their topic: 0 never, 1 always"),
    ("spread", float, "how unlike users are in that: 0 all alike"),
    ("session", float, "mean events of a sitting"),
    ("days", int, "length of the log"),
    ("bots", float, "share of the rows that bursts of programs make"),
    ("seed", int, "the same seed gives the same bytes"),
)


class Command(BaseCommand):
    help = (
        "Write a planted log (.csv, .tsv, .jsonl, each also .gz, or .parquet). Beside it: "
        "FILE.truth.json, what an import must count, and FILE.dirty.csv, the dirty rows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        from training.planted import DIRT, Plan

        plan = Plan()
        parser.add_argument("file", type=Path)
        for name, kind, meaning in NUMBERS:
            words = f"{meaning} (%(default)s)"
            parser.add_argument(f"--{name}", type=kind, default=getattr(plan, name), help=words)
        parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the titles")
        parser.add_argument("--catalogue", type=Path, help="also write the items here")
        parser.add_argument(
            "--dirt",
            action="append",
            default=[],
            metavar="KIND=SHARE",
            help=f"make this share of the rows wrong; KIND: all, {', '.join(DIRT)}",
        )

    def handle(self, *args: Any, **given: Any) -> None:
        from training.planted import Plan, make, make_items

        numbers = {name: given[name] for name, _, _ in NUMBERS}
        try:
            plan = Plan(**numbers, language=given["language"], dirt=_dirt(given["dirt"]))
            truth = make(plan, given["file"])
            if given["catalogue"]:
                make_items(plan, given["catalogue"])
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{given['file']}: {truth['rows_in']} rows = {truth['accepted']} to be accepted + "
            f"{truth['duplicates']} duplicates + {truth['quarantined']} to be put aside; "
            f"{truth['bots']['rows']} by bots"
        )


def _dirt(pairs: list[str]) -> dict[str, float]:
    """KIND=SHARE words as numbers; "all" shares its share out evenly."""
    from training.planted import DIRT

    found: dict[str, float] = {}
    for pair in pairs:
        kind, _, share = pair.partition("=")
        try:
            number = float(share)
        except ValueError:
            raise ValueError(f"--dirt {pair!r} is not of the form KIND=SHARE") from None
        if kind == "all":
            found |= dict.fromkeys(DIRT, number / len(DIRT))
        else:
            found[kind] = number
    return found
