"""Who may import whom (design.md §2), and what nobody may."""

import ast
import os
import subprocess
import sys

import pytest

from tests import source

APPS = (
    "lib",
    "runtime",
    "people",
    "jobs",
    "datasets",
    "experiments",
    "studies",
    "tuning",
    "labeling",
    "serving",
    "pages",
)
HEAVY = ("torch", "transformers", "sentence_transformers", "implicit", "sklearn", "peft", "numba")
DOORS = ("training.serve", "training.registry")


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "recweb" and len(parts) > 1 else ""


def starts(module: str, *prefixes: str) -> bool:
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


def test_an_app_imports_only_from_its_left() -> None:
    wrong = []
    for path in source.files("recweb"):
        own = room(source.name(path))
        if own not in APPS:
            continue  # settings, urls, access, celery, wsgi: they join the apps
        for node, module in source.imports(path):
            other = room(module)
            if other in APPS and APPS.index(other) > APPS.index(own):
                wrong.append(f"{source.place(path, node)} imports {module}")
    assert not wrong, wrong


def test_training_has_never_heard_of_the_web() -> None:
    wrong = [
        f"{source.place(path, node)} imports {module}"
        for path in source.files("training")
        for node, module in source.imports(path)
        if starts(module, "django", "celery", "recweb", "rest_framework", "kombu")
    ]
    assert not wrong, wrong


def test_only_the_doors_lead_to_training(loaded: set[str]) -> None:
    """A module of the web process names, even inside a function, only the two light ones.

    All else of training is behind tasks.py, which imports it inside its functions.
    """
    wrong = [
        f"{source.place(path, node)} imports {module}"
        for path in source.files("recweb")
        if source.name(path) in loaded and path.name != "tasks.py"
        for node, module in source.imports(path)
        if starts(module, "training") and module != "training" and not starts(module, *DOORS)
    ]
    assert not wrong, wrong


def test_heavy_imports_stand_inside_functions_of_tasks() -> None:
    wrong = [
        f"{source.place(path, node)} imports {module}"
        for path in source.files("recweb")
        for node, module in source.imports(path, top_level_only=True)
        if starts(module, *HEAVY)
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("heavy", HEAVY)
def test_the_web_process_never_loads(heavy: str, loaded: set[str]) -> None:
    assert not [module for module in loaded if starts(module, heavy)]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a process that loaded the site and its routes."""
    program = (
        "import sys, recweb.wsgi\n"
        "from django.urls import get_resolver\n"
        "assert len(get_resolver().reverse_dict) > 3\n"
        "print('\\n'.join(sys.modules))\n"
    )
    return set(run(program, DJANGO_SETTINGS_MODULE="recweb.settings", RECWEB_WEB="1").split())


def test_training_loads_without_django() -> None:
    names = [source.name(path) for path in source.files("training")]
    light = [name for name in names if name in DOORS]
    program = (
        "import importlib, sys\n"
        f"[importlib.import_module(name) for name in {light!r}]\n"
        f"heavy = {('django', 'celery', *HEAVY)!r}\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    assert run(program).strip() == "[]"


def run(program: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=source.ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


# --- what nobody may -----------------------------------------------------------------------------

NETWORK = ("requests", "urllib.request", "urllib3", "httpx", "http.client", "aiohttp", "ftplib")
# who speaks to this machine itself, and why
LOCAL_ONLY = {
    "recweb.runtime": "asks its own /healthz whether the server that it started is up",
}
# who speaks to the one address that an admin names in the environment (LLM_URL), and who may ask it
NAMED_ONLY = {"training.endpoint.client": "puts questions to the language model that LLM_URL names"}
ASKERS = ("training.models.zero_shot_ask", "recweb.labeling.prelabel_run")


def test_sec_17_nothing_fetches_from_an_address() -> None:
    wrong = [
        f"{source.place(path, node)} imports {module}"
        for path in source.files()
        for node, module in source.imports(path)
        if starts(module, *NETWORK) and not starts(source.name(path), *LOCAL_ONLY, *NAMED_ONLY)
    ]
    assert not wrong, wrong
    asking = {
        source.name(path)
        for path in source.files()
        for _node, module in source.imports(path)
        if starts(module, *NAMED_ONLY)
    }
    assert asking == set(ASKERS)  # jobs alone: no page's request ever waits for another host


@pytest.mark.django_db
def test_sec_17_no_field_takes_an_address() -> None:
    from django.apps import apps
    from django.db import models

    ours = [model for model in apps.get_models() if model.__module__.startswith("recweb")]
    assert ours
    fields = [field for model in ours for field in model._meta.get_fields()]
    assert not [field for field in fields if isinstance(field, models.URLField)]
    for path in source.files("recweb"):
        for node, called in source.calls(path):
            # a serializer's URLField may describe an answer ("next"); a form's is always input
            assert called not in ("forms.URLField", "models.URLField"), source.place(path, node)


def test_sec_18_no_shell() -> None:
    wrong = []
    for path in source.files():
        for node, called in source.calls(path):
            shell = any(word.arg == "shell" and not _is_false(word.value) for word in node.keywords)
            if shell or called in ("os.system", "os.popen", "subprocess.getoutput"):
                wrong.append(source.place(path, node))
    assert not wrong, wrong


def _is_false(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


PICKLED = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch.load")
LOADERS = (
    "torch.load",
    "torch.export.load",
    "torch.jit.load",
    "joblib.load",
    "pd.read_pickle",
    "eval",
    "exec",
)


def test_sec_39_nothing_is_unpickled() -> None:
    wrong = [
        f"{source.place(path, node)} imports {module}"
        for path in source.files()
        for node, module in source.imports(path)
        if starts(module, *PICKLED)
    ]
    for path in source.files():
        for node, called in source.calls(path):
            pickles = any(
                word.arg == "allow_pickle" and not _is_false(word.value) for word in node.keywords
            )
            if pickles or called in LOADERS:
                wrong.append(f"{source.place(path, node)} calls {called}")
    assert not wrong, wrong


QUERIES = ("filter", "exclude", "annotate", "order_by", "get", "values", "values_list", "aggregate")


def test_sec_08_nothing_from_a_request_is_spread_into_a_query() -> None:
    wrong = []
    for path in source.files("recweb"):
        for node, called in source.calls(path):
            if called.split(".")[-1] not in QUERIES:
                continue
            spread = [word.value for word in node.keywords if word.arg is None]
            spread += [arg.value for arg in node.args if isinstance(arg, ast.Starred)]
            for value in spread:
                if "request" in ast.dump(value) or _names(value) & {"data", "params", "body"}:
                    wrong.append(source.place(path, node))
    assert not wrong, wrong


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


SQL = ("extra", "raw", "RawSQL")


def test_sec_08_no_sql_is_put_together_from_text() -> None:
    """execute() takes a literal, a name of the module, or psycopg2.sql; never an f-string of
    anything but such."""
    wrong = []
    for path in source.files("recweb"):
        for node, called in source.calls(path):
            last = called.split(".")[-1]
            if last in SQL and "." in called:
                wrong.append(f"{source.place(path, node)}: {called}")
            if last in ("execute", "executemany", "copy_expert") and node.args:
                text = node.args[0]
                if isinstance(text, ast.BinOp) and "request" in ast.dump(text):
                    wrong.append(f"{source.place(path, node)}: {called}")
                if isinstance(text, ast.JoinedStr) and "request" in ast.dump(text):
                    wrong.append(f"{source.place(path, node)}: {called}")
    assert not wrong, wrong


def test_sec_31_nothing_behind_the_login_is_cached_by_us() -> None:
    forbidden = ("UpdateCacheMiddleware", "FetchFromCacheMiddleware", "cache_page")
    text = {path: path.read_text(encoding="utf-8") for path in source.files("recweb")}
    assert not [str(path) for path, body in text.items() if any(word in body for word in forbidden)]
