"""Imports run one way: gis ← grid ← layers ← app, without cycles, and domains don't reach into each other's models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
FLOORS = ("gis", "grid", "layers", "app")
ENGINES = {"audit", "clocks", "workflow", "datasets"}  # know no domain: their tables serve all of them
NOT_DOMAINS = {"launch", "migrations", "web", "live", "jobs", "audit", "cities"}


def modules() -> dict[str, Path]:
    """Module name → file, for all of our own packages."""
    found = {}
    for floor in FLOORS:
        for file in (PROJECT / floor).rglob("*.py"):
            if "versions" not in file.parts:
                parts = file.relative_to(PROJECT).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module of ours, and whether the import stands inside a function."""
    tree = ast.parse(file.read_text())
    inside = {
        id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, id(node) in inside) for name in names if name.split(".")[0] in FLOORS)


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_itself_and_the_floors_below(floor: str) -> None:
    above = FLOORS[FLOORS.index(floor) + 1 :]
    wrong = [
        f"{name} imports {target}"
        for name, file in modules().items()
        if name.split(".")[0] == floor
        for target, _ in imports(file)
        if target.split(".")[0] in above
    ]
    assert wrong == []


def test_no_import_hides_inside_a_function() -> None:
    hidden = [f"{name}: {target}" for name, file in modules().items() for target, inside in imports(file) if inside]
    assert hidden == []


def test_there_is_no_cycle() -> None:
    known = modules()
    graph: dict[str, set[str]] = {}
    for name, file in known.items():
        targets = {t if t in known else t.rpartition(".")[0] for t, _ in imports(file)}
        graph[name] = {t for t in targets if t in known and t != name}
    TopologicalSorter(graph).prepare()


def test_a_domain_uses_anothers_service_or_queries_never_its_models() -> None:
    wrong = []
    for name, file in modules().items():
        parts = name.split(".")
        if parts[0] != "app" or len(parts) < 3 or parts[1] in NOT_DOMAINS:
            continue
        for target, _ in imports(file):
            other = target.split(".")
            if other[0] == "app" and len(other) > 2 and other[2] == "models" and other[1] not in (parts[1], *ENGINES):
                wrong.append(f"{name} imports {target}")
    assert wrong == []
