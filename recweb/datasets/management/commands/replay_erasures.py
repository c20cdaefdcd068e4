"""After a backup was restored: erase again whom it brought back."""

from typing import Any

from django.core.management.base import BaseCommand

from recweb.datasets import erasure


class Command(BaseCommand):
    help = "Erase again whom the list outside the database names (after restoring a backup)."

    def handle(self, *args: Any, **options: Any) -> None:
        n = erasure.replay()
        self.stdout.write(f"{n} users were back; jobs that erase them again are ordered.")
