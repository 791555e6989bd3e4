"""durable_rules, on the narrow path where it is right. The only module that imports it.

What this module keeps to, and why (each has a test in `tests/inference/test_rete_hazards.py`):

- the C ruleset directly, never the Host: no background threads, no swallowed exceptions;
- one fact to a profile, one letter for each value, constants only, a marker condition first in every rule, no `$not`, no
  test for absence;
- one session id and one fact id for ever, retract in `finally`, never `delete_state`: sessions are told apart by a hash;
- at most 60 paths to a handle: at 65 true siblings the engine fails and answers the next patient wrongly;
- concepts by strata: what one stratum fires is added to the fact that the next one reads;
- any error code: the handles are thrown away, rebuilt, and the profile is tried once more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from string import ascii_lowercase
from threading import Lock
from typing import Any, NamedTuple

from engine.inference.normal_form import Alternative, alternatives, words_of
from engine.knowledge.conditions import ConceptTest, Condition, Test, leaves
from engine.problems import InternalError
from engine.profile.fields import FIELD_BY_NAME, FIELDS, UNKNOWN, Field, Value
from engine.profile.model import Facts

MAX_PATHS = 60
MAX_FIRINGS = 4096
_IMPORT_FAILED = (
    "durable-rules is installed but cannot be loaded ({reason}). It ships as source: it needs a C compiler, and on "
    'Python 3.13 it must be built with CPPFLAGS="-DPyEval_CallObject=PyObject_CallObject" '
    "(pip install --force-reinstall --no-binary :all: durable-rules)."
)
_MARKER = {"kind": "profile"}
_IDENTITY = '"sid":"1","id":"1","kind":"profile"'
_LETTER = {True: "y", False: "n"}
_UNKNOWN, _NEVER = "z", "-"
_TOKENS = {"y": "yes", "n": "no"}
_NO_LOW, _NO_HIGH = -1, 1_000_000_000_000
_ASSERTED, _NOT_HANDLED = 0, 1

Clause = dict[str, Any]
Mode = Callable[[Test | ConceptTest], Clause]
Fired = frozenset[str]


def engine_module() -> Any:
    """The C extension; raises `InternalError` with the remedy where it cannot be imported."""
    try:
        import durable_rules_engine
    except ImportError as error:
        raise InternalError(_IMPORT_FAILED.format(reason=error)) from None
    return durable_rules_engine


class Firings(NamedTuple):
    """What durable_rules derived: goals that certainly hold, goals that may, and each concept's token."""

    certain: Fired
    possible: Fired
    concepts: Mapping[str, str]


class _Production(NamedTuple):
    """One rule for the engine: its name, its clauses, and how many paths it may open."""

    name: str
    clauses: tuple[Clause, ...]
    paths: int


class _Handle:
    """One engine handle with at most `MAX_PATHS` paths."""

    def __init__(self, productions: list[_Production]) -> None:
        self._engine = engine_module()
        self.names = {f"r{index}": production.name for index, production in enumerate(productions)}
        definition = {
            f"r{index}": {"all": [{"m": {"$and": [_MARKER, *production.clauses]}}]}
            for index, production in enumerate(productions)
        }
        self._handle = self._engine.create_ruleset("hepatica", json.dumps(definition))
        self._reads = sorted({name for production in productions for name in _properties(production.clauses)})

    def fire(self, members: Mapping[str, str]) -> set[str]:
        """The names of the productions that fire; of the fact's members the engine is given those they read."""
        fact = f"{{{_IDENTITY},{','.join([members[name] for name in self._reads])}}}"
        fired: set[str] = set()
        try:
            code = self._engine.assert_fact(self._handle, fact)[0]
            if code == _ASSERTED:
                self._drain(fired)
            elif code != _NOT_HANDLED:
                raise RuntimeError(f"assert_fact answered {code}")
        finally:
            code = self._engine.retract_fact(self._handle, fact)[0]
        if code not in (_ASSERTED, _NOT_HANDLED):
            raise RuntimeError(f"retract_fact answered {code}")
        return fired

    def _drain(self, fired: set[str]) -> None:
        started = self._engine.start_action(self._handle)
        if not started:
            return
        _, message, state = started
        for _ in range(MAX_FIRINGS):
            fired.add(self.names[message[2 : message.index('"', 2)]])
            message = self._engine.complete_and_start_action(self._handle, state)
            if not message:
                return
        raise RuntimeError(f"more than {MAX_FIRINGS} firings")


class Rete:
    """The conditions of one ruleset as durable_rules productions, in strata of concepts and then the goals.

    `conditions` are the goals by name; `concepts` every concept a condition may name. Safe for several threads: one
    profile is in the engine at a time.
    """

    def __init__(self, conditions: Mapping[str, Condition], concepts: Mapping[str, Condition]) -> None:
        levels = _levels(concepts)
        self._levels = [tuple(level) for level in levels]
        self._strata = [_concept_productions(level) for level in levels]
        self._goals = _goal_productions(conditions)
        self._lock = Lock()
        self._fields = tuple(field for field in FIELDS if field.name in _fields_read(conditions, concepts))
        self._build()

    def _build(self) -> None:
        self._stratum_handles = [[_Handle(shard) for shard in _shards(stratum)] for stratum in self._strata]
        self._goal_handles = [_Handle(shard) for shard in _shards(self._goals)]

    def fire(self, facts: Facts) -> Firings:
        """What follows from the facts; raises `InternalError` where the engine fails twice."""
        with self._lock:
            try:
                return self._fire(facts)
            except Exception:
                self._build()
            try:
                return self._fire(facts)
            except Exception as error:
                self._build()
                raise InternalError(f"durable_rules failed twice on one profile: {error}") from error

    def _fire(self, facts: Facts) -> Firings:
        fact = _fact(facts, self._fields)
        tokens: dict[str, str] = {}
        for names, handles in zip(self._levels, self._stratum_handles, strict=True):
            derived = dict.fromkeys(names, _UNKNOWN)
            for fired in _all_fired(handles, fact):
                name, letter = fired.split("=")
                if derived[name] != _UNKNOWN:
                    raise RuntimeError(f"{name} was derived both ways")
                derived[name] = letter
            tokens |= {name: _TOKENS.get(letter, UNKNOWN) for name, letter in derived.items()}
            fact |= {f"concept_{name}": f'"concept_{name}":"{letter}"' for name, letter in derived.items()}
        fired_goals = _all_fired(self._goal_handles, fact)
        certain = frozenset(name[2:] for name in fired_goals if name[0] == "c")
        possible = frozenset(name[2:] for name in fired_goals if name[0] == "p")
        return Firings(certain, possible, tokens)


def _all_fired(handles: list[_Handle], members: Mapping[str, str]) -> set[str]:
    fired: set[str] = set()
    for handle in handles:
        fired |= handle.fire(members)
    return fired


def _properties(clauses: Iterable[Clause]) -> Iterator[str]:
    """The properties of a fact that some clauses read."""
    for clause in clauses:
        for key, inner in clause.items():
            if key in ("$and", "$or"):
                yield from _properties(inner)
            elif key.startswith("$"):
                yield from inner
            else:
                yield key


def _fields_read(*groups: Mapping[str, Condition]) -> set[str]:
    return {leaf.field for group in groups for when in group.values() for leaf in leaves(when) if isinstance(leaf, Test)}


def _levels(concepts: Mapping[str, Condition]) -> list[dict[str, Condition]]:
    """Concepts in strata: each refers only to concepts of earlier ones."""
    left = dict(concepts)
    done: set[str] = set()
    levels: list[dict[str, Condition]] = []
    while left:
        level = {
            name: when
            for name, when in left.items()
            if all(leaf.concept in done for leaf in leaves(when) if isinstance(leaf, ConceptTest))
        }
        if not level:
            raise InternalError(f"concepts refer to each other: {', '.join(sorted(left))}")
        levels.append(level)
        done |= set(level)
        left = {name: when for name, when in left.items() if name not in level}
    return levels


def _concept_productions(level: Mapping[str, Condition]) -> list[_Production]:
    found: list[_Production] = []
    for name, when in level.items():
        for wanted, letter in _LETTER.items():
            found += _productions(f"{name}={letter}", alternatives(when, wanted), _certain)
    return found


def _goal_productions(conditions: Mapping[str, Condition]) -> list[_Production]:
    found: list[_Production] = []
    for name, condition in conditions.items():
        opened = alternatives(condition)
        found += _productions(f"c:{name}", opened, _certain)
        found += _productions(f"p:{name}", opened, _possible)
    return found


def _productions(name: str, opened: tuple[Alternative, ...], mode: Mode) -> list[_Production]:
    found = []
    for alternative in opened:
        clauses = [mode(leaf) for leaf in sorted(alternative, key=_leaf_order)]
        found.append(_Production(name, tuple(clauses), _paths(clauses)))
    return found


def _shards(productions: list[_Production]) -> list[list[_Production]]:
    """Productions in runs of at most `MAX_PATHS` paths; a production with more is refused."""
    shards: list[list[_Production]] = []
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


def _fact(facts: Facts, fields: tuple[Field, ...]) -> dict[str, str]:
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
        letters = {field.name: _UNKNOWN if value is None else _letter(field.name, value)}  # type: ignore[arg-type]
    return {name: f'"{name}":"{letter}"' for name, letter in letters.items()}


def _holds(word: str, chosen: tuple[str, ...]) -> bool:
    return word in chosen


def _holds_letter(value: Value | None, holds: Callable[[Any], bool]) -> str:
    return _UNKNOWN if value is None else _LETTER[holds(value)]


def _letter(name: str, value: str | bool) -> str:
    """The letter that stands for a value of a choice or a flag."""
    return _LETTER[value] if isinstance(value, bool) else ascii_lowercase[words_of(name).index(value)]


def _certain(leaf: Test | ConceptTest) -> Clause:
    return _clause(leaf, maybe="")


def _possible(leaf: Test | ConceptTest) -> Clause:
    return _clause(leaf, maybe=_UNKNOWN)


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
