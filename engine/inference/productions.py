"""Conditions and facts in durable_rules' terms: productions of plain clauses, and one flat fact to a profile.

A value is one letter, a set one letter to each of its words, a number the lowest and the highest value it may have.
Unknown is a letter of its own: it fails every certain clause and passes every possible one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from string import ascii_lowercase
from typing import Any, NamedTuple

from engine.inference.normal_form import Alternative, alternatives, words_of
from engine.knowledge.conditions import ConceptTest, Condition, Test, leaves
from engine.problems import InternalError
from engine.profile.fields import FIELD_BY_NAME, FIELDS, Field, Value
from engine.profile.model import Facts

MAX_PATHS = 60
MARKER = {"kind": "profile"}
UNKNOWN_LETTER = "z"
_LETTER = {True: "y", False: "n"}
_NEVER = "-"
_NO_LOW, _NO_HIGH = -1, 1_000_000_000_000

Clause = dict[str, Any]
Mode = Callable[[Test | ConceptTest], Clause]


class Production(NamedTuple):
    """One rule for the engine: its name, its clauses, and how many paths it may open."""

    name: str
    clauses: tuple[Clause, ...]
    paths: int


def fields_read(*groups: Mapping[str, Condition]) -> tuple[Field, ...]:
    """The fields that some conditions test, in declared order."""
    names = {leaf.field for group in groups for when in group.values() for leaf in leaves(when) if isinstance(leaf, Test)}
    return tuple(field for field in FIELDS if field.name in names)


def concept_productions(level: Mapping[str, Condition]) -> list[Production]:
    """Productions named `concept=y` and `concept=n` for what certainly holds and what certainly does not."""
    found: list[Production] = []
    for name, when in level.items():
        for wanted, letter in _LETTER.items():
            found += _productions(f"{name}={letter}", alternatives(when, wanted), _certain)
    return found


def goal_productions(conditions: Mapping[str, Condition]) -> list[Production]:
    """Productions named `c:goal` (certain) and `p:goal` (possible)."""
    found: list[Production] = []
    for name, condition in conditions.items():
        opened = alternatives(condition)
        found += _productions(f"c:{name}", opened, _certain)
        found += _productions(f"p:{name}", opened, _possible)
    return found


def _productions(name: str, opened: tuple[Alternative, ...], mode: Mode) -> list[Production]:
    found = []
    for alternative in opened:
        clauses = [mode(leaf) for leaf in sorted(alternative, key=_leaf_order)]
        found.append(Production(name, tuple(clauses), _paths(clauses)))
    return found


def shards(productions: list[Production]) -> list[list[Production]]:
    """Productions in runs of at most `MAX_PATHS` paths; a production with more is refused."""
    shards: list[list[Production]] = []
    room = 0
    for production in productions:
        if production.paths > MAX_PATHS:
            raise InternalError(f"{production.name} opens {production.paths} paths; at most {MAX_PATHS} are safe")
        if production.paths > room:
            shards.append([])
            room = MAX_PATHS
        shards[-1].append(production)
        room -= production.paths
    return shards


def _paths(clauses: list[Clause]) -> int:
    product = 1
    for clause in clauses:
        product *= len(clause.get("$or", (None,)))
    return product


def _leaf_order(leaf: Test | ConceptTest) -> tuple[int, str]:
    return (0, leaf.concept) if isinstance(leaf, ConceptTest) else (1, repr(leaf))


def properties(clauses: Iterable[Clause]) -> Iterator[str]:
    """The properties of a fact that some clauses read."""
    for clause in clauses:
        for key, inner in clause.items():
            if key in ("$and", "$or"):
                yield from properties(inner)
            elif key.startswith("$"):
                yield from inner
            else:
                yield key


def fact(facts: Facts, fields: tuple[Field, ...]) -> dict[str, str]:
    """One flat fact, total over what the rules read: each property as a JSON member, unknown as a token of its own."""
    members: dict[str, str] = {}
    for field in fields:
        value = facts[field.name]
        if field.kind in ("integer", "number"):
            members |= _bounds(field.name, value)
        else:
            members |= _words(field, value)
    return members


def _bounds(name: str, value: Value | None) -> dict[str, str]:
    """A number as the lowest and the highest value it may have."""
    low, high = (_NO_LOW, _NO_HIGH) if value is None else (value, value)
    return {f"{name}_low": f'"{name}_low":{_digits(low)}', f"{name}_high": f'"{name}_high":{_digits(high)}'}


def _digits(value: Value) -> str:
    """Plain digits: the engine's reader does not take an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@lru_cache(maxsize=1024)
def _words(field: Field, value: Value | None) -> dict[str, str]:
    if field.kind == "set":
        letters = {f"{field.name}_any": _holds_letter(value, bool)}
        letters |= {f"{field.name}_{word}": _holds_letter(value, partial(_holds, word)) for word in field.values}
    else:
        letters = {field.name: UNKNOWN_LETTER if value is None else _letter(field.name, value)}  # type: ignore[arg-type]
    return {name: f'"{name}":"{letter}"' for name, letter in letters.items()}


def _holds(word: str, chosen: tuple[str, ...]) -> bool:
    return word in chosen


def _holds_letter(value: Value | None, holds: Callable[[Any], bool]) -> str:
    return UNKNOWN_LETTER if value is None else _LETTER[holds(value)]


def _letter(name: str, value: str | bool) -> str:
    """The letter that stands for a value of a choice or a flag."""
    return _LETTER[value] if isinstance(value, bool) else ascii_lowercase[words_of(name).index(value)]


def _certain(leaf: Test | ConceptTest) -> Clause:
    return _clause(leaf, maybe="")


def _possible(leaf: Test | ConceptTest) -> Clause:
    return _clause(leaf, maybe=UNKNOWN_LETTER)


def _clause(leaf: Test | ConceptTest, maybe: str) -> Clause:
    if isinstance(leaf, ConceptTest):
        return _concept_clause(leaf, maybe)
    kind = FIELD_BY_NAME[leaf.field].kind
    if kind in ("integer", "number"):
        return _numeric_clause(leaf, bool(maybe))
    if kind == "set":
        return _set_clause(leaf, maybe)
    passing = "".join(_letter(leaf.field, word) for word in words_of(leaf.field) if leaf.holds(word))
    return _one_of(leaf.field, passing + maybe)


def _concept_clause(leaf: ConceptTest, maybe: str) -> Clause:
    return _one_of(f"concept_{leaf.concept}", _LETTER[leaf.wanted] + maybe)


def _set_clause(leaf: Test, maybe: str) -> Clause:
    if leaf.operator in ("empty", "not empty"):
        return _one_of(f"{leaf.field}_any", _LETTER[leaf.operator == "not empty"] + maybe)
    parts = [_one_of(f"{leaf.field}_{word}", _LETTER[leaf.operator == "includes"] + maybe) for word in leaf.operands]
    if len(parts) == 1:
        return parts[0]
    return {"$or" if leaf.operator == "includes" else "$and": parts}


def _numeric_clause(leaf: Test, possible: bool) -> Clause:
    low, high = f"{leaf.field}_low", f"{leaf.field}_high"
    least, most = (high, low) if possible else (low, high)
    bound = leaf.operands[0]
    if leaf.operator in (">", ">="):
        return {"$gt" if leaf.operator == ">" else "$gte": {least: bound}}
    if leaf.operator in ("<", "<="):
        return {"$lt" if leaf.operator == "<" else "$lte": {most: bound}}
    if leaf.operator == "=":
        return {"$and": [{"$gte": {least: bound}}, {"$lte": {most: bound}}]}
    return {"$or": [{"$gt": {least: bound}}, {"$lt": {most: bound}}]}


def _one_of(name: str, letters: str) -> Clause:
    """A test that a property is one of some letters; `letters` may be empty, which no property is."""
    if len(letters) < 2:
        return {name: letters or _NEVER}
    return {"$mt": {name: f"[{letters}]"}}
