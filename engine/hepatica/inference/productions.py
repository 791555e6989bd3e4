"""Conditions and facts in durable_rules' terms: productions of plain clauses, and one flat fact to a profile.

A value is one letter, and for each word of its field whether it is that word; a set says so of each word; a number is the
lowest and the highest value it may have. Unknown is a letter of its own: it fails every certain clause and passes every
possible one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from string import ascii_letters
from typing import NamedTuple

from hepatica.inference.classes import NUMERIC, closed_bounds
from hepatica.inference.normal_form import Alternative, Leaf, alternatives, words_of
from hepatica.knowledge import ConceptTest, Condition, Test, leaves, strata
from hepatica.patient import Field, Fields, Interval, Value

MAX_PATHS = 60
_MARKER, _END = '{"k":"p"}', '{"k":"end"}'
UNKNOWN_LETTER = "z"
YES_NO = {True: "y", False: "n"}
_ALPHABET = "".join(letter for letter in ascii_letters if letter != UNKNOWN_LETTER)
_NEVER = "-"
_FAR = 1_000_000_000_000


class Clause(NamedTuple):
    """One comparison of a property with a letter or a number; no operator means equal."""

    property: str
    operator: str
    value: str | float


Ways = tuple[tuple[Clause, ...], ...]


class Production(NamedTuple):
    """One rule for the engine: what its firing says, as bits, and the clauses that must all hold. It opens one path."""

    says: int
    clauses: tuple[Clause, ...]


def _productions(says: int, opened: tuple[Alternative, ...], maybe: str, fields: Fields) -> Iterator[Production]:
    """One production to each way in which an alternative can hold: the engine is given no disjunction to multiply out."""
    for alternative in opened:
        ways = [_ways(leaf, maybe, fields) for leaf in alternative]
        yield from (Production(says, tuple(chain.from_iterable(chosen))) for chosen in product(*ways))


def _ways(leaf: Leaf, maybe: str, fields: Fields) -> Ways:
    """The ways in which a leaf can hold, each some clauses that must all hold; `maybe` lets unknown pass."""
    if isinstance(leaf, ConceptTest):
        return (_one_of(f"concept_{leaf.concept}", YES_NO[leaf.wanted] + maybe),)
    if leaf.unknown is not None:  # `known:`: what is not known passes both ways, or neither
        maybe = UNKNOWN_LETTER if leaf.unknown else ""
    field = fields[leaf.field]
    if field.kind in NUMERIC:
        return _numeric_ways(leaf, bool(maybe))
    if field.kind == "set":
        return _set_ways(leaf, maybe)
    words = words_of(field)
    passing = [word for word in words if leaf.holds(word)]
    if len(passing) == 1 and field.kind == "choice":
        return (_one_of(f"{leaf.field}_{passing[0]}", YES_NO[True] + maybe),)
    letters = "".join(_letter(field, word) for word in passing)
    return (_one_of(leaf.field, letters + maybe, "".join(_letter(field, word) for word in words)),)


def _set_ways(leaf: Test, maybe: str) -> Ways:
    if leaf.operator in ("empty", "not empty"):
        return (_one_of(f"{leaf.field}_any", YES_NO[leaf.operator == "not empty"] + maybe),)
    clauses = [_one_of(f"{leaf.field}_{word}", YES_NO[leaf.operator == "includes"] + maybe) for word in leaf.operands]
    return tuple(clauses) if leaf.operator == "includes" else (tuple(chain.from_iterable(clauses)),)


def _numeric_ways(leaf: Test, possible: bool) -> Ways:
    low, high = f"{leaf.field}_low", f"{leaf.field}_high"
    # Certainly above a bound is what is so at its lowest; possibly, what is so at its highest.
    least, most = (high, low) if possible else (low, high)
    bound = leaf.operands[0]
    compared: dict[str, Ways] = {
        ">": ((Clause(least, "$gt", bound),),),
        ">=": ((Clause(least, "$gte", bound),),),
        "<": ((Clause(most, "$lt", bound),),),
        "<=": ((Clause(most, "$lte", bound),),),
        "=": ((Clause(least, "$gte", bound), Clause(most, "$lte", bound)),),
        "!=": ((Clause(least, "$gt", bound),), (Clause(most, "$lt", bound),)),
    }
    return compared[leaf.operator]


def _one_of(name: str, letters: str, alphabet: str = "".join(YES_NO.values())) -> tuple[Clause, ...]:
    """Clauses under which a property is one of some letters of its alphabet (unknown's is always one of them).

    The letters left out are named one by one. A pattern of letters would be one clause, but the engine never gives back the
    memory of a pattern, some 0.5 MB for each handle.
    """
    if len(letters) < 2:
        return (Clause(name, "", letters or _NEVER),)
    return tuple(Clause(name, "$neq", letter) for letter in alphabet + UNKNOWN_LETTER if letter not in letters)


def _letter(field: Field, value: str | bool) -> str:
    """The letter that stands for a value of a choice or a flag."""
    return YES_NO[value] if isinstance(value, bool) else _ALPHABET[words_of(field).index(value)]


class Shard(NamedTuple):
    """At most `MAX_PATHS` productions as the engine reads them, what each says as bits, and the properties that they read."""

    definition: str
    says: tuple[int, ...]
    reads: tuple[str, ...]

    @property
    def fact(self) -> str:
        """A fact of one fixed session and id with the marker, and a `%s` for the value of each property that is read."""
        return '{"sid":"1","id":"1","k":"p"' + "".join(f',"{alias}":%s' for alias in aliases_of(self.reads).values()) + "}"


class Stratum(NamedTuple):
    """Concepts that rest on earlier strata only, each as the property that it becomes, with its bit; the goals have none."""

    concepts: tuple[tuple[str, int], ...]
    shards: tuple[Shard, ...]


class Network(NamedTuple):
    """All that the engine is given of a ruleset, as data: strata, how many bits a verdict has, the fields that facts tell.

    What fires says three things in zones of `width` bits: what is certain, what is possible, and which concepts are false.
    """

    strata: tuple[Stratum, ...]
    width: int
    fields: tuple[str, ...]


def network_of(
    concepts: Mapping[str, tuple[int, Condition]], goals: Mapping[Condition, int], fields: Fields, width: int
) -> Network:
    """The network of conditions, each given with the bits that stand for it in what is fired.

    A concept may be named by goals and by later concepts.
    """
    conditions = {name: when for name, (_, when) in concepts.items()}
    named = {leaf.field for when in (*conditions.values(), *goals) for leaf in leaves(when) if isinstance(leaf, Test)}
    found = []
    for level in strata(conditions):
        made: list[Production] = []
        for name in level:
            bit, when = concepts[name]
            made += _productions(bit, alternatives(when), "", fields)
            # That it is false has to be derived, too: a property that is missing cannot be tested for.
            made += _productions(bit << 2 * width, alternatives(when, wanted=False), "", fields)
        found.append(Stratum(tuple((f"concept_{name}", concepts[name][0]) for name in level), _shards(made)))
    made = []
    for when, bits in goals.items():
        opened = alternatives(when)
        # Unknown passes every clause of the second set and none of the first: two firings tell three values apart.
        made += _productions(bits, opened, "", fields)
        made += _productions(bits << width, opened, UNKNOWN_LETTER, fields)
    return Network((*found, Stratum((), _shards(made))), width, tuple(name for name in fields if name in named))


def _shards(productions: Sequence[Production]) -> tuple[Shard, ...]:
    """The productions in shards, clauses and productions in an order of their own: the engine sees to none.

    The engine shares what productions have in common at their beginnings, and each further step takes it some 8 kB that are
    written to at every start. With the clauses most met in front, and like productions side by side, a third fewer are left.
    """
    often = Counter(chain.from_iterable(production.clauses for production in productions))
    ranks = {clause: rank for rank, clause in enumerate(sorted(often, key=lambda clause: (-often[clause], str(clause))))}
    merged: dict[tuple[int, ...], int] = {}
    for says, clauses in productions:
        ranked = tuple(sorted({ranks[clause] for clause in clauses}))
        merged[ranked] = merged.get(ranked, 0) | says
    by_rank = tuple(ranks)
    ordered = [Production(merged[ranked], tuple(by_rank[rank] for rank in ranked)) for ranked in sorted(merged)]
    return tuple(_shard(ordered[first : first + MAX_PATHS]) for first in range(0, len(ordered), MAX_PATHS))


def _shard(productions: Sequence[Production]) -> Shard:
    reads = tuple(sorted({clause.property for production in productions for clause in production.clauses}))
    return Shard(_definition(productions, aliases_of(reads)), tuple(production.says for production in productions), reads)


def aliases_of(reads: Iterable[str]) -> dict[str, str]:
    """A short name for each property: the engine reads every name of every fact."""
    return {name: f"a{n}" for n, name in enumerate(reads)}


def _definition(productions: Sequence[Production], aliases: Mapping[str, str]) -> str:
    """The productions as the engine reads them: named r0, r1 ..., properties by their short names, numbers in digits.

    One more rule, `end`, fires for the fact that says farewell before a handle is deleted.
    """
    rules = {f"r{n}": [_MARKER, *(_written_clause(clause, aliases) for clause in p.clauses)] for n, p in enumerate(productions)}
    rules["end"] = [_END]
    written = (f'"{name}":{{"all":[{{"m":{{"$and":[{",".join(clauses)}]}}}}]}}' for name, clauses in rules.items())
    return f"{{{','.join(written)}}}"


def _written_clause(clause: Clause, aliases: Mapping[str, str]) -> str:
    value = f'"{clause.value}"' if isinstance(clause.value, str) else digits(clause.value)
    compared = f'{{"{aliases[clause.property]}":{value}}}'
    return f'{{"{clause.operator}":{compared}}}' if clause.operator else compared


FAREWELL = '{"sid":"1","id":"1","k":"end"}'


def members_of(field: Field, value: Value | None) -> dict[str, str]:
    """The JSON value of each property that a field becomes in a fact, unknown as a token of its own."""
    if field.kind in NUMERIC:
        low, high = _bounds(field, value)
        return {f"{field.name}_low": digits(low), f"{field.name}_high": digits(high)}
    if field.kind != "set":
        assert value is None or isinstance(value, (str, bool))
        letters = {"": value if value is None else _letter(field, value)}
        letters |= {f"_{word}": value if value is None else YES_NO[word == value] for word in field.values}
    else:
        assert value is None or isinstance(value, tuple)
        letters = {"_any": value if value is None else YES_NO[bool(value)]}
        letters |= {f"_{word}": value if value is None else YES_NO[word in value] for word in field.values}
    return {f"{field.name}{what}": f'"{letter or UNKNOWN_LETTER}"' for what, letter in letters.items()}


def _bounds(field: Field, value: Value | None) -> tuple[float, float]:
    """A number as the lowest and the highest value it may have."""
    # As far as any number goes: with these ends every comparison is possible and none is certain.
    if value is None:
        return -_FAR, _FAR
    if isinstance(value, Interval):
        low, high = closed_bounds(field, value)
        return max(low, -_FAR), min(high, _FAR)
    assert isinstance(value, (int, float))
    return value, value


def digits(value: float) -> str:
    """A number in plain digits, exactly: the engine's reader does not take an exponent."""
    text = repr(value)
    if "e" not in text:
        return text[:-2] if text.endswith(".0") else text
    from decimal import Decimal

    assert math.isfinite(value)
    return f"{Decimal(text):f}"
