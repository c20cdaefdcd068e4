"""Our own source as syntax trees, for the tests that forbid something in it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("recweb", "training")


def files(*rooms: str) -> list[Path]:
    found = [path for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    assert len(found) > 10 or rooms, "the source was not found"
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """recweb/jobs/run.py -> recweb.jobs.run"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def imports(path: Path, top_level_only: bool = False) -> Iterator[tuple[ast.stmt, str]]:
    """Each imported module; `from a.b import c` gives both a.b and a.b.c.

    What stands under TYPE_CHECKING never runs, so it is no import.
    """
    for node in _statements(tree(path), top_level_only):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path, node)}: relative import"
            yield node, str(node.module)
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def _statements(module: ast.Module, top_level_only: bool) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        yield node
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if _is_type_checking(node) or (inside and top_level_only):
            continue
        waiting += ast.iter_child_nodes(node)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def dotted(node: ast.AST) -> str:
    """np.load -> "np.load"; anything else that is called -> ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    return ""


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)
