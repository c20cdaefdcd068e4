import argparse

from django.core.management.base import BaseCommand, CommandError

from recweb.runtime.demo import Demo, Options
from recweb.runtime.postgres import ServiceError


class Command(BaseCommand):
    help = "Start everything on this machine, with demo data, and print one link."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="a busy one: the next is taken")
        parser.add_argument("--open", action="store_true", help="open the browser when ready")
        parser.add_argument("--reset", action="store_true", help="delete all data first; asks")
        parser.add_argument("--yes", action="store_true", help="with --reset: do not ask")
        parser.add_argument("--empty", action="store_true", help="load no demo data")
        parser.add_argument("--check", action="store_true", help="only look for problems (doctor)")

    def handle(self, *args: object, **given: object) -> None:
        options = Options(**{name: given[name] for name in Options.__annotations__})  # type: ignore[arg-type]
        try:
            Demo(options, self.stdout.write).run()
        except ServiceError as error:
            raise CommandError(str(error)) from None
