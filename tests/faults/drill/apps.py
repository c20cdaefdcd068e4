import importlib
import os

from django.apps import AppConfig


class DrillConfig(AppConfig):
    name = "tests.faults.drill"
    label = "drill"

    def ready(self) -> None:
        from recweb.jobs import kinds
        from tests.faults.drill.kinds import KINDS

        for kind in KINDS:
            kinds.register(kind)
        # guards taken out on purpose: the same test must then fail
        for name in filter(None, os.environ.get("DRILL_WITHOUT", "").split(",")):
            getattr(importlib.import_module("tests.faults.drill.holes"), name)()
