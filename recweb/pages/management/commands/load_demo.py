"""python manage.py load_demo: what `demo` runs once the workers are up."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recweb.pages import demo
from recweb.people.models import User


class Command(BaseCommand):
    help = "Brings in MovieLens latest-small and trains the baselines; does only what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        users = {user.username: user for user in User.objects.filter(is_active=True)}
        admin = users.get("admin")
        if admin is None or not admin.is_admin:
            raise CommandError("There is no user named admin: run `python3 manage.py demo`.")
        people = demo.People(admin, users.get("analyst", admin), users.get("annotator"))
        try:
            demo.load(demo.Desk(people, self.say))
        except demo.NotLoaded as error:
            raise CommandError(str(error)) from error

    def say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
