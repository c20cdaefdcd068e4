"""`python -m training`: train and measure models from files, without Django.

Exit codes: 0 all figures are there, 1 a model could not be trained, 2 bad input.

`torchrun --nproc-per-node 2 -m -- training evaluate ...`: models that learn by epochs train in two
processes as in one, and the first of them speaks and writes for all.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace

# set before numpy loads: the sums must not differ in the last bit from machine to machine
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from training.cli.arguments import parser, request
from training.cli.wrong import Wrong


def main(argv: list[str] | None = None) -> int:
    """Run one command. argv: without the program's name; None = of this process."""
    given = parser().parse_args(argv)
    try:
        return {"models": _models, "transfer": _transfer, "evaluate": _evaluate}[given.command](
            given
        )
    except Wrong as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename or 'file'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130


def _models(given: Namespace) -> int:
    from training.cli import report

    print(report.models())
    return 0


def _transfer(given: Namespace) -> int:
    from training.cli import report
    from training.cli.transfer import transfer

    found = transfer(given, say=_say)
    print(report.table(found))
    if given.out is not None:
        report.write(given.out, found)
    return 0


def _evaluate(given: Namespace) -> int:
    from training.cli import report
    from training.cli.run import run

    asked = request(given)
    first = int(os.environ.get("WORLD_SIZE", "1")) < 2 or os.environ.get("RANK", "0") == "0"
    found = run(asked, say=_say if first else _nothing)
    if first:
        print(report.table(found))
    if first and asked.out is not None:
        report.write(asked.out, found)
    return 1 if any(one.error for one in found.results) else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _nothing(text: str) -> None:
    """What the other processes of one training say."""


if __name__ == "__main__":
    sys.exit(main())
