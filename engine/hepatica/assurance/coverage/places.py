"""Where each single condition is written: `file:line` for every test and concept reference of a ruleset read from a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from hepatica.documents import Node, read_bytes, read_yaml
from hepatica.inference import SCOPE
from hepatica.knowledge import ConditionReader, Ruleset, leaves

Places = Mapping[str, tuple[str, ...]]


def condition_places(ruleset: Ruleset, root: Path) -> dict[str, tuple[str, ...]]:
    """For the scope, each concept, rule and population the places of its single conditions, in order of writing."""
    files: dict[str, Node] = {}
    found: dict[str, tuple[str, ...]] = {}
    for goal, place in ruleset.places.items():
        file, _, line = place.rpartition(":")
        if file not in files:
            files[file] = read_yaml(read_bytes(root / file, file), file)
        condition = _condition(files[file], goal, int(line))
        if condition is not None:
            lines = tuple(f"{file}:{line}" for line in _lines(condition, ruleset.concepts))
            found[goal.replace("study/", "population/")] = lines
    return found


def _condition(node: Node, goal: str, line: int) -> Node | None:
    """The node of a goal's condition, found by where the goal is written."""
    kind = goal.partition("/")[0]
    if kind == SCOPE:
        return node.at((SCOPE,))
    listed = {"concept": "concepts", "rule": "rules", "study": "studies"}.get(kind)
    entries = node.at((listed,)).value if listed else None
    entry = next((one for one in entries if one.line == line), None) if isinstance(entries, list) else None
    if entry is None:
        return None
    when = entry.at(("population", "when") if kind == "study" else ("when",))
    return when if when is not entry and isinstance(when.value, dict) else None


def _lines(node: Node, concepts: Collection[str]) -> Iterator[int]:
    """The line of each single condition below a mapping."""
    assert isinstance(node.value, dict)
    for key, child in node.value.items():
        if key in ("all", "any") and isinstance(child.value, list):
            for part in child.value:
                yield from _lines(part, concepts)
        elif key == "not":
            yield from _lines(child, concepts)
        else:
            line = node.keys[key][0]
            single = ConditionReader("", concepts, []).read(Node({key: child}, line, 1))
            yield from (line for _ in leaves(single))
