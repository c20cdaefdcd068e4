"""CiteULike-a on its fixed split: Recall@50 beside the published figures. 1 below a bar.

Published: Ferrari Dacrema, Boglio, Cremonesi, Jannach: A troubling analysis of reproducibility and
progress in recommender systems research (TOIS 2021), P = 10. All goes through the headless door.

Run: python benchmarks/quality_citeulike.py [--data FOLDER] [--tune 20] [--model pop,itemknn]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from training.__main__ import main as door  # noqa: E402

DATA = Path(__file__).parents[2] / "shared" / "datasets" / "citeulike-a"
PUBLISHED = {"pop": 0.0040, "itemknn": 0.0989, "ease": 0.0839, "ials": 0.0779}
# pop has one right answer: it must be met to the fourth digit, from both sides
BARS = {"pop": 0.0040, "itemknn": 0.098, "ease": 0.083, "ials": 0.075}


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--data", type=Path, default=DATA)
    ask.add_argument("--tune", default="20")
    ask.add_argument("--model", default="pop,itemknn,rp3beta,ease,ials")
    given = ask.parse_args()
    files = [given.data / f"cf-{part}-10-users.dat" for part in ("train", "test")]
    for file in files:
        if not file.is_file():
            print(f"missing: {file}; say where the data are by --data FOLDER", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        words = ["evaluate", "--log", str(files[0]), "--test", str(files[1]), "--split", "given"]
        words += ["--format", "counted", "--model", given.model, "--k", "50", "--tune", given.tune]
        code = door([*words, "--seed", "0", "--json", str(out)])
        if not out.exists():
            return code
        results = json.loads(out.read_text())["results"]
    print(f"\n{'Recall@50':10s} published   ours      bar")
    missed = sum(not held(row) for row in results)
    return 1 if missed else 0


def held(row: dict) -> bool:
    name = row["model"]
    if row.get("error"):
        print(f"{name:10s} FAILED: {row['error']}")
        return False
    ours, bar = row["metrics"]["recall@50"]["mean"], BARS.get(name)
    published = f"{PUBLISHED[name]:.4f}" if name in PUBLISHED else "-"
    if bar is None:
        good = True
    else:
        good = abs(ours - bar) < 0.0001 if name == "pop" else ours >= bar
    shown = "-" if bar is None else f"{bar:.4f}"
    print(f"{name:10s} {published:>9s}   {ours:.4f}   {shown}{'' if good else '   MISSED'}")
    return good


if __name__ == "__main__":
    sys.exit(main())
