"""Conditions and facts in durable_rules' terms: productions of plain clauses, and one flat fact to a profile.

A value is one letter, a set one letter to each of its words, a number the lowest and the highest value it may have.
Unknown is a letter of its own: it fails every certain clause and passes every possible one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, product
from string import ascii_lowercase
from typing import Any, NamedTuple

from hepatica.inference.normal_form import Alternative, alternatives, words_of
from hepatica.knowledge import ConceptTest, Condition, Test, leaves
from hepatica.patient import FIELD_BY_NAME, FIELDS, Facts, Field, Value

MAX_PATHS = 60
MARKER = {"k": "p"}
UNKNOWN_LETTER = "z"
_LETTER = {True: "y", False: "n"}
_NEVER = "-"
_FEW = 3
_NO_LOW, _NO_HIGH = -1, 1_000_000_000_000

Clause = dict[str, Any]
Ways = tuple[tuple[Clause, ...], ...]
Mode = Callable[[Test | ConceptTest], Ways]


class Production(NamedTuple):
    """One rule for the engine: its name, and the clauses that must all hold. It opens exactly one path."""

    name: str
    clauses: tuple[Clause, ...]


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
    """One production to each way in which an alternative can hold: the engine is given no disjunction to multiply out."""
    found = []
    for alternative in opened:
        ways = [mode(leaf) for leaf in sorted(alternative, key=_leaf_order)]
        found += [Production(name, tuple(chain.from_iterable(chosen))) for chosen in product(*ways)]
    return found


def shards(productions: list[Production]) -> list[list[Production]]:
    """Productions in runs of at most `MAX_PATHS`."""
    return [productions[first : first + MAX_PATHS] for first in range(0, len(productions), MAX_PATHS)]


def definition(productions: Sequence[Production], aliases: Mapping[str, str]) -> str:
    """The productions as the engine reads them: named r0, r1 ..., properties by their short names, numbers in digits."""
    rules = {
        f"r{n}": {"all": [{"m": {"$and": [MARKER, *(_renamed(clause, aliases) for clause in p.clauses)]}}]}
        for n, p in enumerate(productions)
    }
    return _json(rules)


def aliases_of(productions: Iterable[Production]) -> dict[str, str]:
    """A short name for each property that some productions read: the engine reads every name of every fact."""
    read = sorted({name for production in productions for name in _properties(production.clauses)})
    return {name: f"a{n}" for n, name in enumerate(read)}


def template(aliases: Mapping[str, str]) -> str:
    """A fact of one fixed session and id with the marker, and a `%s` for each property's value."""
    return '{"sid":"1","id":"1","k":"p",' + ",".join(f'"{alias}":%s' for alias in aliases.values()) + "}"


def _renamed(clause: Clause, aliases: Mapping[str, str]) -> Clause:
    return {
        key if key.startswith("$") else aliases[key]: _renamed(inner, aliases) if key.startswith("$") else inner
        for key, inner in clause.items()
    }


def _json(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{json.dumps(key)}:{_json(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    return _digits(value) if isinstance(value, (int, float)) else json.dumps(value)


def _leaf_order(leaf: Test | ConceptTest) -> tuple[int, str]:
    return (0, leaf.concept) if isinstance(leaf, ConceptTest) else (1, repr(leaf))


def _properties(clauses: Iterable[Clause]) -> Iterator[str]:
    """The properties of a fact that some clauses read."""
    for clause in clauses:
        for key, inner in clause.items():
            yield from inner if key.startswith("$") else (key,)


def fact(facts: Facts, fields: tuple[Field, ...]) -> dict[str, str]:
    """One flat fact, total over what the rules read: the JSON value of each property, unknown as a token of its own."""
    members: dict[str, str] = {}
    for field in fields:
        value = facts[field.name]
        if field.kind in ("integer", "number"):
            members |= _bounds(field.name, value)
        else:
            members |= _words(field.name, value)
    return members


def _bounds(name: str, value: Value | None) -> dict[str, str]:
    """A number as the lowest and the highest value it may have."""
    assert value is None or isinstance(value, (int, float))
    low, high = (_NO_LOW, _NO_HIGH) if value is None else (value, value)
    return {f"{name}_low": _digits(low), f"{name}_high": _digits(high)}


def _digits(value: int | float) -> str:
    """Plain digits: the engine's reader does not take an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@lru_cache(maxsize=1024)
def _words(name: str, value: Value | None) -> dict[str, str]:
    field = FIELD_BY_NAME[name]
    if field.kind == "set":
        letters = {f"{field.name}_any": _holds_letter(value, bool)}
        letters |= {f"{field.name}_{word}": _holds_letter(value, partial(_holds, word)) for word in field.values}
    else:
        letters = {field.name: UNKNOWN_LETTER if value is None else _letter(field.name, value)}  # type: ignore[arg-type]
    return {name: f'"{letter}"' for name, letter in letters.items()}


def _holds(word: str, chosen: tuple[str, ...]) -> bool:
    return word in chosen


def _holds_letter(value: Value | None, holds: Callable[[Any], bool]) -> str:
    return UNKNOWN_LETTER if value is None else _LETTER[holds(value)]


def _letter(name: str, value: str | bool) -> str:
    """The letter that stands for a value of a choice or a flag."""
    return _LETTER[value] if isinstance(value, bool) else ascii_lowercase[words_of(name).index(value)]


def _certain(leaf: Test | ConceptTest) -> Ways:
    return _ways(leaf, maybe="")


def _possible(leaf: Test | ConceptTest) -> Ways:
    return _ways(leaf, maybe=UNKNOWN_LETTER)


def _ways(leaf: Test | ConceptTest, maybe: str) -> Ways:
    """The ways in which a leaf can hold, each some clauses that must all hold; `maybe` lets unknown pass."""
    if isinstance(leaf, ConceptTest):
        return (_one_of(f"concept_{leaf.concept}", _LETTER[leaf.wanted] + maybe),)
    if leaf.unknown is not None:
        maybe = UNKNOWN_LETTER if leaf.unknown else ""
    kind = FIELD_BY_NAME[leaf.field].kind
    if kind in ("integer", "number"):
        return _numeric_ways(leaf, bool(maybe))
    if kind == "set":
        return _set_ways(leaf, maybe)
    words = words_of(leaf.field)
    passing = "".join(_letter(leaf.field, word) for word in words if leaf.holds(word))
    return (_one_of(leaf.field, passing + maybe, "".join(_letter(leaf.field, word) for word in words)),)


def _set_ways(leaf: Test, maybe: str) -> Ways:
    if leaf.operator in ("empty", "not empty"):
        return (_one_of(f"{leaf.field}_any", _LETTER[leaf.operator == "not empty"] + maybe),)
    clauses = [_one_of(f"{leaf.field}_{word}", _LETTER[leaf.operator == "includes"] + maybe) for word in leaf.operands]
    return tuple(clauses) if leaf.operator == "includes" else (tuple(chain.from_iterable(clauses)),)


def _numeric_ways(leaf: Test, possible: bool) -> Ways:
    low, high = f"{leaf.field}_low", f"{leaf.field}_high"
    least, most = (high, low) if possible else (low, high)
    bound = leaf.operands[0]
    compared: dict[str, Ways] = {
        ">": (({"$gt": {least: bound}},),),
        ">=": (({"$gte": {least: bound}},),),
        "<": (({"$lt": {most: bound}},),),
        "<=": (({"$lte": {most: bound}},),),
        "=": (({"$gte": {least: bound}}, {"$lte": {most: bound}}),),
        "!=": (({"$gt": {least: bound}},), ({"$lt": {most: bound}},)),
    }
    return compared[leaf.operator]


def _one_of(name: str, letters: str, alphabet: str = "".join(_LETTER.values())) -> tuple[Clause, ...]:
    """Clauses under which a property is one of some letters of its alphabet (unknown's is always one of them).

    A few letters left out are named one by one: a pattern of letters costs the engine much more to build.
    """
    if len(letters) < 2:
        return ({name: letters or _NEVER},)
    others = [letter for letter in alphabet + UNKNOWN_LETTER if letter not in letters]
    if len(others) <= _FEW:
        return tuple({"$neq": {name: letter}} for letter in others)
    return ({"$mt": {name: f"[{letters}]"}},)
