"""Conditions: tests of one field, references to concepts, and all / any / not over them.

A condition is true, false or unknown for a profile (strong Kleene logic): `read` in `hepatica.inference.plain` is the
reference. Here stands only what a condition is, and what one test says of one known value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from typing import Any, ClassVar, Literal

from hepatica.patient import NONE, Field, Fields, Value
from hepatica.records import record

Operator = Literal["in", "not in", "includes", "lacks", "empty", "not empty", "<", "<=", ">", ">=", "=", "!="]

# Each operator beside its opposite: both as a reader sees them, and whether a known value passes the first.
_OPERATORS: tuple[tuple[Operator, str, Operator, str, Callable[[Any, Any], bool]], ...] = (
    ("in", "{}", "not in", "not {}", lambda value, words: value in words),
    ("includes", "{}", "lacks", "not {}", lambda value, words: not set(words).isdisjoint(value)),
    ("empty", NONE, "not empty", "at least one", lambda value, _: not value),
    ("<", "< {}", ">=", ">= {}", lambda value, bound: value < bound[0]),
    (">", "> {}", "<=", "<= {}", lambda value, bound: value > bound[0]),
    ("=", "exactly {}", "!=", "!= {}", lambda value, bound: value == bound[0]),
)
_OPPOSITE = {a: b for one, _, other, _, _ in _OPERATORS for a, b in ((one, other), (other, one))}
_WORDS = {a: words for one, said, other, denied, _ in _OPERATORS for a, words in ((one, said), (other, denied))}
_PASSES = {a: (passes, a == one) for one, _, other, _, passes in _OPERATORS for a in (one, other)}


class _Written:
    """Conditions leave the program as `written` has them. The union of their classes would not say which is which."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:
        from pydantic_core import core_schema

        as_written = core_schema.plain_serializer_function_ser_schema(written, return_schema=core_schema.dict_schema())
        return core_schema.is_instance_schema(cls, serialization=as_written)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> dict[str, Any]:
        return {"type": "object", "description": "A condition: one test, or all / any / not of conditions."}


@record
class Test(_Written):
    """One field against words (`in`, `includes`), emptiness, or one number (`<` ... `=`). `unknown` is the verdict where the
    value is not known; None leaves it unknown. `known: {...}` in a condition sets it."""

    __test__: ClassVar[bool] = False  # pytest takes a class of this name for a test case

    field: str
    operator: Operator
    operands: tuple[str | bool | float, ...] = ()
    unknown: bool | None = None

    def holds(self, value: Value) -> bool:
        """Whether a known value passes."""
        passes, wanted = _PASSES[self.operator]
        return passes(value, self.operands) == wanted

    def opposite(self) -> Test:
        """The test that a known value passes exactly when it fails this one."""
        unknown = None if self.unknown is None else not self.unknown
        return Test(self.field, _OPPOSITE[self.operator], self.operands, unknown)

    def requires(self) -> str:
        """What the test asks for, as a reader sees it: "high", "progressed or intolerant", "> 400", "not hcv"."""
        return _WORDS[self.operator].format(" or ".join(map(Field.written, self.operands)))


@record
class ConceptTest(_Written):
    """A reference to a named condition of the ruleset: it holds, or (`wanted` false) it does not."""

    concept: str
    wanted: bool = True


@record
class AllOf(_Written):
    """True when every part is."""

    parts: tuple[Condition, ...]


@record
class AnyOf(_Written):
    """True when at least one part is."""

    parts: tuple[Condition, ...]


@record
class NotOf(_Written):
    """True when its part is false."""

    part: Condition


Condition = Test | ConceptTest | AllOf | AnyOf | NotOf


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """The parts that must all hold; a condition that is no such list is its own only part."""
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def leaves(condition: Condition) -> list[Test | ConceptTest]:
    """Every test and concept reference, in order of writing."""
    found: list[Test | ConceptTest] = []
    todo: list[Condition] = [condition]
    while todo:
        match todo.pop():
            case AllOf(parts) | AnyOf(parts):
                todo += reversed(parts)
            case NotOf(part):
                todo.append(part)
            case leaf:
                found.append(leaf)
    return found


def strata(concepts: Mapping[str, Condition]) -> list[tuple[str, ...]]:
    """Concepts in levels, each naming only concepts of earlier ones, otherwise in the given order. Raises `ValueError` (a
    `graphlib.CycleError`) where concepts are defined by each other."""
    sorter = TopologicalSorter[str]()
    for name, when in concepts.items():
        sorter.add(name, *dict.fromkeys(leaf.concept for leaf in leaves(when) if isinstance(leaf, ConceptTest)))
    sorter.prepare()  # finds cycles
    levels: list[tuple[str, ...]] = []
    # Whatever is ready at once rests on earlier levels only.
    while sorter.is_active():
        ready = sorter.get_ready()
        levels.append(tuple(name for name in concepts if name in ready))
        sorter.done(*ready)
    return levels


def written(condition: Condition) -> dict[str, Any]:
    """A condition as JSON-ready values, one key to an operator: field, concept, not, all or any."""
    if isinstance(condition, Test):
        test = {"field": condition.field, "operator": condition.operator, "values": list(condition.operands)}
        return test if condition.unknown is None else {**test, "if_unknown": condition.unknown}
    if isinstance(condition, ConceptTest):
        return {"concept": condition.concept, "is": condition.wanted}
    if isinstance(condition, NotOf):
        return {"not": written(condition.part)}
    return {"all" if isinstance(condition, AllOf) else "any": [written(part) for part in condition.parts]}


def concept_words(name: str) -> str:
    """A concept's id as a reader writes it: "advanced HCC", "Child-Pugh up to B7"."""
    text = name.replace("_", " ").replace("child pugh", "Child-Pugh")
    text = re.sub(_ABBREVIATION, lambda found: found.group().upper(), text)
    return re.sub(_PEOPLE, lambda found: found.group().title(), text)


# A word without a vowel (HCC, HBV, BCLC) is an abbreviation, and so are some that have one.
_ABBREVIATION = r"\b(afp|ecog|imdc|[abc]\d|[bcdfghjklmnpqrstvwxz]{3,4})\b"
_PEOPLE = r"\b(asian|chinese|japanese|european|american|western)\b"


def condition_words(condition: Condition, fields: Fields) -> str:
    """The condition as one line of text, in the order it is written; `fields` give the titles."""
    if isinstance(condition, Test):
        return f"{fields[condition.field].title}: {condition.requires()}"
    if isinstance(condition, ConceptTest):
        named = concept_words(condition.concept)
        return named if condition.wanted else f"not {named}"
    if isinstance(condition, NotOf):
        return f"not ({condition_words(condition.part, fields)})"
    joiner = "; " if isinstance(condition, AllOf) else " or "
    inner = [
        f"({condition_words(part, fields)})" if isinstance(part, (AllOf, AnyOf)) else condition_words(part, fields)
        for part in condition.parts
    ]
    return joiner.join(inner)
