"""durable_rules, on the narrow path where it is right. The only module that imports it.

What this module keeps to, and why (each has a test in `tests/inference/test_rete_hazards.py`):

- the C ruleset directly, never the Host: no background threads, no swallowed exceptions;
- one fact at a time, one letter for each answer, constants only, a marker condition first in every rule, no `$not`, no
  test for absence;
- one session id and one fact id for ever, retract in `finally`: sessions are told apart by a hash. `delete_state` only just
  before a handle is deleted, and only after a rule has fired in it: before that it frees memory it never set;
- at most 60 paths to a handle: at 65 true siblings the engine fails and answers the next patient wrongly;
- concepts by strata: what one stratum fires is added to the fact that the next one reads;
- whatever stops a profile half way, an error code or Ctrl-C: the handles are thrown away before the next one.
"""

import os
import sys
import weakref
from collections.abc import Mapping
from functools import lru_cache, reduce
from operator import or_
from threading import Lock
from typing import Any

from hepatica.inference.productions import FAREWELL, Network, Shard, answers, members_of
from hepatica.patient import Facts, Fields, Value
from hepatica.problems import InternalError

MAX_FIRINGS = 4096
_IMPORT_FAILED = (
    "durable-rules cannot be loaded ({reason}). It ships as source and needs a C compiler: "
    "pip install --force-reinstall --no-cache-dir --no-deps durable-rules==2.0.28"
)
_LAZY_FAILED = (
    '. This system binds every symbol at once, so on Python 3.13 put CPPFLAGS="-DPyEval_CallObject=PyObject_CallObject" '
    "in front of that command"
)
_ASSERTED, _NOT_HANDLED = 0, 1


def engine_module() -> Any:
    """The C extension; raises `InternalError` with the remedy where it cannot be imported.

    From Python 3.13 on a function that it names is gone. Only callbacks that are never set would call it, so binding
    lazily, at the first call, lets the extension be loaded as it is.
    """
    lazy = getattr(os, "RTLD_LAZY", None)
    flags = sys.getdlopenflags() if lazy is not None else 0
    try:
        if lazy is not None:
            sys.setdlopenflags(lazy)
        import durable_rules_engine
    except ImportError as error:
        raise InternalError(_IMPORT_FAILED.format(reason=error) + (_LAZY_FAILED if "symbol" in str(error) else "")) from None
    finally:
        if lazy is not None:
            sys.setdlopenflags(flags)
    return durable_rules_engine


Firings = tuple[int, int]
"""What durable_rules derived: the bits of the goals that certainly hold, and of those that may."""


class _Handle:
    """One engine handle with the paths of one shard."""

    def __init__(self, shard: Shard) -> None:
        self._engine = engine = engine_module()
        self._says = {f"r{index}": says for index, says in enumerate(shard.says)}
        self._handle = handle = engine.create_ruleset("hepatica", shard.definition)
        self._reads, self._template = shard.reads, shard.fact
        weakref.finalize(self, _delete, engine, handle, os.getpid()).atexit = False

    def fire(self, members: Mapping[str, str]) -> int:
        """What the productions that fire say, together; of the fact's members the engine is given those they read."""
        # Filled into a template: a dict written as JSON would take as long as the engine itself.
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
        advance, handle, says = self._engine.complete_and_start_action, self._handle, self._says
        fired = 0
        for _ in range(MAX_FIRINGS):
            fired |= says[message[2 : message.index('"', 2)]]  # the message is a JSON object whose first key is the rule
            message = advance(handle, state)
            if not message:
                return fired
        raise RuntimeError(f"more than {MAX_FIRINGS} firings")


def _delete(engine: Any, handle: Any, process: int) -> None:
    """Give a handle's memory back. `delete_ruleset` alone keeps the session's, some 0.5 MB; see the module's note."""
    # A forked child has a copy that it never used; a process that ends gives all back at once, at no cost.
    if os.getpid() != process or sys.is_finalizing():
        return
    try:
        if engine.assert_fact(handle, FAREWELL)[0] == _ASSERTED and (started := engine.start_action(handle)):
            message = started[1]
            while message:
                message = engine.complete_and_start_action(handle, started[2])
            engine.delete_state(handle, "1")
        engine.delete_ruleset(handle)
    except engine.error:
        return  # a handle in which something went wrong keeps its memory


class Rete:
    """The conditions of one ruleset in the engine, a stratum of concepts after another and then the goals.

    Safe for several threads, one profile being in the engine at a time, and after a fork.
    """

    def __init__(self, network: Network, fields: Fields) -> None:
        self._network = network
        self._concept_bits = sum(bit for stratum in network.strata for _, bit in stratum.concepts)
        # Of the hundreds of properties that a profile could have the conditions ask for some dozens.
        read = {name for stratum in network.strata for shard in stratum.shards for name in shard.reads}

        # Few values are met again and again. By name: a field takes longer to look up.
        @lru_cache(maxsize=1024)
        def members(name: str, value: Value | None) -> tuple[dict[str, str], dict[str, str]]:
            sure, maybe = ({name: said for name, said in one.items() if name in read} for one in members_of(fields[name], value))
            return sure, maybe

        self._members = members
        self._lock = Lock()
        self._handles: list[list[_Handle]] = []
        self._build()
        _alive.add(self)

    def _build(self) -> None:
        # The handles before are freed by their finalisers as soon as nothing names them.
        self._handles = [[_Handle(shard) for shard in stratum.shards] for stratum in self._network.strata]
        self._sound = True

    def fire(self, facts: Facts) -> Firings:
        """What follows from the facts; raises `InternalError` where the engine fails twice."""
        with self._lock:
            try:
                return self._fire_soundly(facts)
            except Exception:
                pass
            try:
                return self._fire_soundly(facts)
            except Exception as error:
                raise InternalError(f"durable_rules failed twice on one profile: {error}") from error

    def _fire_soundly(self, facts: Facts) -> Firings:
        """The handles count as sound only between profiles, so that whatever stops one, at any point, has them rebuilt."""
        if not self._sound:
            self._build()
        # An exception or an interrupt from here on leaves the mark as it is: false.
        self._sound = False
        found = self._fire(facts)
        self._sound = True
        return found

    def distrust(self) -> None:
        """Have the handles rebuilt before the next profile."""
        self._sound = False

    def after_fork(self) -> None:
        """In a child: its copy of the lock may be held, and of the handles half way through, by a thread that it lacks."""
        self._lock = Lock()
        self._sound = False

    def _fire(self, facts: Facts) -> Firings:
        # `known` has two zones: what holds, and which concepts are refuted. A concept is put into the facts as soon as its
        # stratum has fired: the engine could assert it itself, but only by the Host, in a thread of its own.
        sure: dict[str, str] = {}
        maybe: dict[str, str] = {}
        for name in self._network.fields:
            certain, possible = self._members(name, facts[name])
            sure |= certain
            maybe |= possible
        known = 0
        width = self._network.width
        for (concepts, _), handles in zip(self._network.strata, self._handles, strict=True):
            for handle in handles:
                known |= handle.fire(sure)
            for name, bit in concepts:
                certain, possible = _told(name, bit & known, bit & known >> width)
                sure |= certain
                maybe |= possible
        # Of a profile in which nothing is open both facts are one.
        may = reduce(or_, [handle.fire(maybe) for handle in self._handles[-1]], 0) if maybe != sure else known
        low = (1 << width) - 1
        # Of a concept is fired what proves it and what refutes it: it may hold wherever it is not refuted.
        return known & low, may & low | self._concept_bits & ~(known >> width)


def _told(concept: str, holds: int, fails: int) -> tuple[dict[str, str], dict[str, str]]:
    """A concept as both facts have it."""
    if holds and fails:
        raise RuntimeError(f"{concept} was derived both ways")
    return answers({f"concept {concept}": bool(holds) if holds or fails else None})


_alive: weakref.WeakSet[Rete] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for rete in list(_alive):
        rete.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
