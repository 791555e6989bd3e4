"""Conditions: tests of one field, references to concepts, and all / any / not over them.

A condition is true, false or unknown for a profile (strong Kleene logic): `read` in `hepatica.inference.plain` is the
reference. Here stands only what a condition is, and what one test says of one known value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from hepatica.patient import COMMON_FIELDS, NONE, Field, Fields, Interval, Value

Operator = Literal["in", "not in", "includes", "lacks", "empty", "not empty", "<", "<=", ">", ">=", "=", "!="]

OPPOSITE: dict[Operator, Operator] = {
    "in": "not in",
    "not in": "in",
    "includes": "lacks",
    "lacks": "includes",
    "empty": "not empty",
    "not empty": "empty",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "=": "!=",
    "!=": "=",
}


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


@dataclass(frozen=True, slots=True)
class Test(_Written):
    """One field against words (`in`, `includes`), emptiness, or one number (`<` ... `=`).

    `unknown` is the verdict where the value is not known; None leaves it unknown. `known: {...}` in a condition sets it.
    """

    __test__: ClassVar[bool] = False  # pytest takes a class of this name for a test case

    field: str
    operator: Operator
    operands: tuple[str | bool | float, ...] = ()
    unknown: bool | None = None

    def holds(self, value: Value) -> bool:
        """Whether a known value passes."""
        return _passes(self.operator, value, self.operands)

    def opposite(self) -> Test:
        """The test that a known value passes exactly when it fails this one."""
        unknown = None if self.unknown is None else not self.unknown
        return Test(self.field, OPPOSITE[self.operator], self.operands, unknown)

    def requires(self) -> str:
        """What the test asks for, as a reader sees it: "high", "progressed or intolerant", "> 400", "not hcv"."""
        words = " or ".join(Field.written(word) for word in self.operands)
        shown = {
            "in": words,
            "includes": words,
            "not in": f"not {words}",
            "lacks": f"not {words}",
            "empty": NONE,
            "not empty": "at least one",
        }
        return shown.get(self.operator, f"{self.operator} {words}" if self.operator != "=" else f"exactly {words}")


@dataclass(frozen=True, slots=True)
class ConceptTest(_Written):
    """A reference to a named condition of the ruleset: it holds, or (`wanted` false) it does not."""

    concept: str
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class AllOf(_Written):
    """True when every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(_Written):
    """True when at least one part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NotOf(_Written):
    """True when its part is false."""

    part: Condition


Condition = Test | ConceptTest | AllOf | AnyOf | NotOf


def _passes(operator: Operator, value: Value, operands: tuple[str | bool | float, ...]) -> bool:
    if operator in ("in", "not in"):
        return (value in operands) == (operator == "in")
    if isinstance(value, tuple):
        if operator in ("empty", "not empty"):
            return (not value) == (operator == "empty")
        return any(word in value for word in operands) == (operator == "includes")
    assert not isinstance(value, (str, Interval)) and len(operands) == 1
    return _compares(operator, float(value), float(operands[0]))


def _compares(operator: Operator, value: float, bound: float) -> bool:
    if operator in ("<", ">="):
        return (value < bound) == (operator == "<")
    if operator in (">", "<="):
        return (value > bound) == (operator == ">")
    return (value == bound) == (operator == "=")


def leaves(condition: Condition) -> Iterator[Test | ConceptTest]:
    """Every test and concept reference, in order of writing."""
    if isinstance(condition, (AllOf, AnyOf)):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, NotOf):
        yield from leaves(condition.part)
    else:
        yield condition


def strata(concepts: Mapping[str, Condition]) -> list[tuple[str, ...]]:
    """Concepts in levels, each naming only concepts of earlier ones, otherwise in the given order.

    Raises `ValueError` where concepts are defined by each other.
    """
    left = dict(concepts)
    done: set[str] = set()
    levels: list[tuple[str, ...]] = []
    while left:
        level = tuple(name for name, when in left.items() if _concepts_in(when) <= done)
        if not level:
            raise ValueError(f"concepts are defined by each other: {', '.join(left)}")
        levels.append(level)
        done |= set(level)
        left = {name: when for name, when in left.items() if name not in done}
    return levels


def _concepts_in(condition: Condition) -> set[str]:
    return {leaf.concept for leaf in leaves(condition) if isinstance(leaf, ConceptTest)}


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
    return re.sub(r"\b(hcc|hbv|hcv|afp|bclc|ecog|[abc]\d)\b", lambda found: found.group().upper(), text)


def condition_words(condition: Condition, fields: Fields = COMMON_FIELDS) -> str:
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
