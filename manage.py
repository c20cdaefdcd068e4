#!/usr/bin/env python3
"""Django's entry. On a bare machine every command first makes .venv beside this file."""

import os
import sys

# this file and bootstrap's first lines must be readable for an old Python, to be able to say so
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "recweb needs Python 3.11 or newer; this is {}. Install one and start again with it, for "
        "example: python3.12 manage.py {}".format(sys.version.split()[0], " ".join(sys.argv[1:]))
    )

from recweb.runtime import bootstrap, doctor  # noqa: E402


def main() -> None:
    words = sys.argv[1:]
    if bootstrap.asks_for_doctor(words):
        bootstrap.enter()
        sys.exit(doctor.main())
    bootstrap.ensure(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recweb.settings")
    if words[:1] == ["test"]:
        bootstrap.run_tests(words[1:])
    os.umask(0o077)  # whatever a command writes is its owner's alone
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
