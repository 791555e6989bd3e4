"""The structure: imports run one way, and what must stand in one module stands in one."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.conftest import ROOT

LAYERS = (
    ("printable",),
    ("problems", "notice", "paths", "records", "faces"),
    ("documents",),
    ("patient",),
    ("knowledge",),
    ("inference",),
    ("evaluation",),
    ("wording",),
    ("explain", "assurance", "teaching", "cohort"),
    ("report",),
    ("web",),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ASSURANCE = (
    ("space",),
    ("version",),
    ("agreement", "sweep", "places", "cases"),
    ("check", "coverage", "diff"),
    ("mutation", "editing"),
)
_LATE = ("import_module", "__import__")  # how a module is imported by its name
ONLY = {
    "durable_rules_engine": {"engine/hepatica/inference/rete.py"},
    "durable": set(),
    "yaml": {"engine/hepatica/documents/reader.py"},
    "pickle": set(),
}
PACKAGE = ROOT / "engine" / "hepatica"
FILES = sorted(PACKAGE.rglob("*.py"))
# Packages of which others may import only what `__init__` exports; every package joins as it gets its face.
FACED = ("documents", "patient", "knowledge", "inference", "evaluation", "explain", "cohort")


@cache
def _imports(path: Path) -> tuple[tuple[str, bool], ...]:
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module that a file imports, and whether that is for type checking only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in typing_only) for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _LATE:
            yield from ((str(word.value), False) for word in ast.walk(node) if _names_a_module(word))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in typing_only
            if node.module == "hepatica" or node.module.count(".") == 0:
                yield from ((f"{node.module}.{alias.name}", id(node) in typing_only) for alias in node.names)


def _names_a_module(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("hepatica")


def _layer(module: str) -> int | None:
    parts = module.split(".")
    return LEVEL.get(parts[1]) if parts[0] == "hepatica" and len(parts) > 1 else None


def test_every_folder_has_its_place_in_the_order() -> None:
    found = {p.relative_to(ROOT / "engine" / "hepatica").parts[0].removesuffix(".py") for p in FILES} - {"__init__", "__main__"}
    assert found <= set(LEVEL) | {"pytest_plugin"}, "give the new folder a place in LAYERS"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    own = _layer(".".join(path.relative_to(ROOT / "engine").with_suffix("").parts))
    for module, _ in _imports(path):
        level = _layer(module)
        if own is not None and level is not None:
            assert level <= own, f"{path} imports {module}, which stands above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_other_packages_are_imported_through_their_face(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0]
    for module, _ in _imports(path):
        parts = module.split(".")
        if parts[0] == "hepatica" and len(parts) > 2 and parts[1] in FACED and parts[1] != own:
            target = PACKAGE.joinpath(*parts[1:])
            assert target.is_dir() or not target.with_suffix(".py").exists(), f"{path} imports {module}, not its package's face"


def test_inside_assurance_imports_run_one_way_too() -> None:
    level = {name: position for position, names in enumerate(ASSURANCE) for name in names}
    root = PACKAGE / "assurance"
    for path in sorted(root.rglob("*.py")):
        own = path.relative_to(root).parts[0].removesuffix(".py")
        if own != "__init__":
            used = {m.split(".")[2] for m, _ in _imports(path) if m.startswith("hepatica.assurance.")}
            assert all(name == own or level[name] < level[own] for name in used), f"{path} imports {used - {own}}"


def test_a_class_name_means_one_thing() -> None:
    homes: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


@pytest.mark.parametrize("library", ONLY)
def test_a_library_stands_behind_one_module(library: str) -> None:
    users = {p.relative_to(ROOT).as_posix() for p in FILES if any(m.split(".")[0] == library for m, _ in _imports(p))}
    assert users <= ONLY[library]


def test_only_the_command_line_imports_click() -> None:
    users = {p.relative_to(PACKAGE).parts[0] for p in FILES if any(m.split(".")[0] == "click" for m, _ in _imports(p))}
    assert users == {"cli"}


def test_the_core_takes_no_clock_no_network_and_no_chance() -> None:
    core = [
        p for p in FILES if p.relative_to(PACKAGE).parts[0] in ("documents", "patient", "knowledge", "inference", "evaluation")
    ]
    for path in core:
        used = {module.split(".")[0] for module, _ in _imports(path)}
        assert not used & {"time", "random", "socket", "urllib", "http", "requests"}, path
        called = {node.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)}
        assert not called & {"now", "today", "utcnow"}, path


def test_evaluating_a_patient_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom hepatica.cli.main import run\n"
        "run(['evaluate', 'little-known'])\nrun(['evaluate', 'little-known'])\nbefore = set(sys.modules)\n"
        "print(sorted(set(sys.modules) & {'numpy', 'jinja2', 'starlette', 'weasyprint', 'durable', 'asyncio'}), file=sys.stderr)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_top_level_holds_what_was_agreed() -> None:
    allowed = {"pyproject.toml", "README.md", "engine", "rulesets", "patients", "tests", "LICENSE", "CHANGELOG.md"}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= allowed
