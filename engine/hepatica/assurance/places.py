"""Where each single condition is written: `file:line` for every test and concept reference of a ruleset read from a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from hepatica.documents import Node, read_bytes, read_yaml
from hepatica.inference import SCOPE, GoalKey
from hepatica.knowledge import ConditionReader, Ruleset, leaves

Places = Mapping[GoalKey, tuple[str, ...]]
_LISTED = {"concept": "concepts", "rule": "rules", "study": "studies"}


def condition_places(ruleset: Ruleset, root: Path) -> dict[GoalKey, tuple[str, ...]]:
    """For the scope, each concept, rule and study's population the places of its single conditions, in order of writing."""
    files: dict[str, Node] = {}
    found: dict[GoalKey, tuple[str, ...]] = {}
    for name, place in ruleset.places.items():
        kind, _, identifier = name.partition("/")
        if kind not in (*_LISTED, SCOPE.kind):
            continue
        file, _, line = place.rpartition(":")
        if file not in files:
            files[file] = read_yaml(read_bytes(root / file, file), file)
        condition = _condition(files[file], kind, int(line))
        if condition is not None:
            lines = tuple(f"{file}:{line}" for line in _lines(condition, ruleset))
            found[GoalKey(kind, identifier)] = lines  # type: ignore[arg-type]
    return found


def place_of(ruleset: Ruleset, goal: GoalKey) -> str:
    """`file:line` of a rule, a concept, a study or the scope; the goal's name where the ruleset was not read from files."""
    return ruleset.places.get(str(goal), str(goal))


def _condition(node: Node, kind: str, line: int) -> Node | None:
    """The node of a goal's condition, found by where the goal is written."""
    if kind == SCOPE.kind:
        return node.at((kind,))
    entries = node.at((_LISTED[kind],)).value
    entry = next((one for one in entries if one.line == line), None) if isinstance(entries, list) else None
    if entry is None:
        return None
    when = entry.at(("population", "when") if kind == "study" else ("when",))
    return when if when is not entry and isinstance(when.value, dict) else None


def _lines(node: Node, ruleset: Ruleset) -> Iterator[int]:
    """The line of each single condition below a mapping."""
    assert isinstance(node.value, dict)
    for key, child in node.value.items():
        if key in ("all", "any") and isinstance(child.value, list):
            for part in child.value:
                yield from _lines(part, ruleset)
        elif key == "not":
            yield from _lines(child, ruleset)
        else:
            line = node.keys[key][0]
            # Read as the loader reads it: one key may stand for several tests ("> 7 and <= 9"), all on its line.
            single = ConditionReader("", ruleset.concepts, [], ruleset.fields).read(Node({key: child}, line, 1))
            yield from (line for _ in leaves(single))
