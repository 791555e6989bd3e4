"""The structure: imports run one way, and what must stand in one module stands in one."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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
    ("agreement", "sweep", "decisions", "cases"),
    ("check", "coverage", "diff"),
    ("mutation",),
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
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, also if only for type checking."""
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _LATE:
            yield from _module_names(node)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "hepatica" or node.module.count(".") == 0:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_names(call: ast.Call) -> list[str]:
    """The modules of ours that a call names in full."""
    words = [word.value for word in ast.walk(call) if isinstance(word, ast.Constant)]
    return [word for word in words if isinstance(word, str) and word.startswith("hepatica")]


def _layer(module: str) -> int | None:
    parts = module.split(".")
    return LEVEL.get(parts[1]) if parts[0] == "hepatica" and len(parts) > 1 else None


def test_every_folder_has_its_place_in_the_order() -> None:
    found = {p.relative_to(ROOT / "engine" / "hepatica").parts[0].removesuffix(".py") for p in FILES} - {"__init__", "__main__"}
    assert found <= set(LEVEL) | {"pytest_plugin"}, "give the new folder a place in LAYERS"


def test_imports_run_one_way() -> None:
    upward = []
    for path in FILES:
        own = _layer(".".join(path.relative_to(ROOT / "engine").with_suffix("").parts))
        if own is not None:
            levels = {module: _layer(module) for module in _imports(path)}
            upward += [f"{path} imports {module}" for module, level in levels.items() if level is not None and level > own]
    assert upward == []


def test_other_packages_are_imported_through_their_face() -> None:
    past = []
    for path in FILES:
        own = path.relative_to(PACKAGE).parts[0]
        for module in _imports(path):
            parts = module.split(".")
            if parts[0] == "hepatica" and len(parts) > 2 and parts[1] in FACED and parts[1] != own:
                target = PACKAGE.joinpath(*parts[1:])
                if not target.is_dir() and target.with_suffix(".py").exists():
                    past.append(f"{path} imports {module}, not its package's face")
    assert past == []


def test_inside_assurance_imports_run_one_way_too() -> None:
    level = {name: position for position, names in enumerate(ASSURANCE) for name in names}
    root = PACKAGE / "assurance"
    for path in sorted(root.rglob("*.py")):
        own = path.relative_to(root).parts[0].removesuffix(".py")
        if own != "__init__":
            used = {m.split(".")[2] for m in _imports(path) if m.startswith("hepatica.assurance.")}
            assert all(name == own or level[name] < level[own] for name in used), f"{path} imports {used - {own}}"


def test_a_class_name_means_one_thing() -> None:
    homes: dict[str, list[str]] = {}
    for path in FILES:
        for node in _nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


@pytest.mark.parametrize("library", ONLY)
def test_a_library_stands_behind_one_module(library: str) -> None:
    users = {p.relative_to(ROOT).as_posix() for p in FILES if any(m.split(".")[0] == library for m in _imports(p))}
    assert users <= ONLY[library]


def test_only_the_command_line_imports_click() -> None:
    users = {p.relative_to(PACKAGE).parts[0] for p in FILES if any(m.split(".")[0] == "click" for m in _imports(p))}
    assert users == {"cli"}


def test_the_core_takes_no_clock_no_network_and_no_chance() -> None:
    core = [
        p for p in FILES if p.relative_to(PACKAGE).parts[0] in ("documents", "patient", "knowledge", "inference", "evaluation")
    ]
    for path in core:
        used = {module.split(".")[0] for module in _imports(path)}
        assert not used & {"time", "random", "socket", "urllib", "http", "requests"}, path
        called = {node.attr for node in _nodes(path) if isinstance(node, ast.Attribute)}
        assert not called & {"now", "today", "utcnow"}, path


def test_the_top_level_holds_what_was_agreed() -> None:
    allowed = {"pyproject.toml", "README.md", "engine", "rulesets", "patients", "tests", "LICENSE", "CHANGELOG.md"}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= allowed
