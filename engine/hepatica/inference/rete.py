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

from collections.abc import Mapping
from itertools import product
from threading import Lock
from typing import Any, NamedTuple

from hepatica.inference.productions import (
    UNKNOWN_LETTER,
    Production,
    aliases_of,
    concept_productions,
    definition,
    fact,
    fields_read,
    goal_productions,
    shards,
    template,
)
from hepatica.knowledge import Condition, strata
from hepatica.patient import UNKNOWN, Facts
from hepatica.problems import InternalError

MAX_FIRINGS = 4096
_IMPORT_FAILED = (
    "durable-rules is installed but cannot be loaded ({reason}). It ships as source: it needs a C compiler, and on "
    'Python 3.13 the flag CPPFLAGS="-DPyEval_CallObject=PyObject_CallObject" in front of '
    "pip install --force-reinstall --no-cache-dir --no-deps durable-rules==2.0.28"
)
_TOKENS = {"y": "yes", "n": "no"}
_ASSERTED, _NOT_HANDLED = 0, 1


def engine_module() -> Any:
    """The C extension; raises `InternalError` with the remedy where it cannot be imported."""
    try:
        import durable_rules_engine
    except ImportError as error:
        raise InternalError(_IMPORT_FAILED.format(reason=error)) from None
    return durable_rules_engine


class Firings(NamedTuple):
    """What durable_rules derived: which of the goals certainly hold and which may (bit n is the n-th), each concept's token."""

    goals: tuple[str, ...]
    certain_bits: int
    possible_bits: int
    concepts: Mapping[str, str]

    @property
    def certain(self) -> frozenset[str]:
        """The goals that certainly hold."""
        return frozenset(name for n, name in enumerate(self.goals) if self.certain_bits >> n & 1)

    @property
    def possible(self) -> frozenset[str]:
        """The goals that hold or may."""
        return frozenset(name for n, name in enumerate(self.goals) if self.possible_bits >> n & 1)


class _Handle:
    """One engine handle with at most `MAX_PATHS` paths; `bits` says which bit each production's name stands for."""

    def __init__(self, productions: list[Production], bits: Mapping[str, int]) -> None:
        self._engine = engine_module()
        self._bits = {f"r{index}": bits[production.name] for index, production in enumerate(productions)}
        aliases = aliases_of(productions)
        self._handle = self._engine.create_ruleset("hepatica", definition(productions, aliases))
        self._reads, self._template = tuple(aliases), template(aliases)

    def fire(self, members: Mapping[str, str]) -> int:
        """The bits of the productions that fire; of the fact's members the engine is given those they read."""
        text = self._template % tuple([members[name] for name in self._reads])
        fired = 0
        try:
            code = self._engine.assert_fact(self._handle, text)[0]
            if code == _ASSERTED:
                fired = self._drained()
            elif code != _NOT_HANDLED:
                raise RuntimeError(f"assert_fact answered {code}")
        finally:
            code = self._engine.retract_fact(self._handle, text)[0]
        if code not in (_ASSERTED, _NOT_HANDLED):
            raise RuntimeError(f"retract_fact answered {code}")
        return fired

    def _drained(self) -> int:
        started = self._engine.start_action(self._handle)
        if not started:
            return 0
        _, message, state = started
        advance, handle, bits = self._engine.complete_and_start_action, self._handle, self._bits
        fired = 0
        for _ in range(MAX_FIRINGS):
            fired |= bits[message[2 : message.index('"', 2)]]
            message = advance(handle, state)
            if not message:
                return fired
        raise RuntimeError(f"more than {MAX_FIRINGS} firings")


class Rete:
    """The conditions of one ruleset as durable_rules productions, in strata of concepts and then the goals.

    `conditions` are the goals by name; `concepts` every concept a condition may name. Safe for several threads: one
    profile is in the engine at a time.
    """

    def __init__(self, conditions: Mapping[str, Condition], concepts: Mapping[str, Condition]) -> None:
        self._levels = strata(concepts)
        self._strata = [concept_productions({name: concepts[name] for name in level}) for level in self._levels]
        self._goals = goal_productions(conditions)
        self._names = tuple(conditions)
        self._concept_bits = {f"{name}={letter}": 1 << n for n, (name, letter) in enumerate(product(concepts, _TOKENS))}
        self._goal_bits = {f"{mode}:{name}": 1 << n for n, (mode, name) in enumerate(product("cp", conditions))}
        self._lock = Lock()
        self._fields = fields_read(conditions, concepts)
        self._build()

    def _build(self) -> None:
        self._stratum_handles = [[_Handle(s, self._concept_bits) for s in shards(stratum)] for stratum in self._strata]
        self._goal_handles = [_Handle(shard, self._goal_bits) for shard in shards(self._goals)]

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
        members = fact(facts, self._fields)
        tokens: dict[str, str] = {}
        for names, handles in zip(self._levels, self._stratum_handles, strict=True):
            fired = _all_fired(handles, members)
            for name in names:
                letter = self._derived(name, fired)
                tokens[name] = _TOKENS.get(letter, UNKNOWN)
                members[f"concept_{name}"] = f'"{letter}"'
        fired = _all_fired(self._goal_handles, members)
        count = len(self._names)
        return Firings(self._names, fired & ((1 << count) - 1), fired >> count, tokens)

    def _derived(self, concept: str, fired: int) -> str:
        """The letter that the fired productions give a concept."""
        letters = [letter for letter in _TOKENS if fired & self._concept_bits[f"{concept}={letter}"]]
        if len(letters) > 1:
            raise RuntimeError(f"{concept} was derived both ways")
        return letters[0] if letters else UNKNOWN_LETTER


def _all_fired(handles: list[_Handle], members: Mapping[str, str]) -> int:
    fired = 0
    for handle in handles:
        fired |= handle.fire(members)
    return fired
