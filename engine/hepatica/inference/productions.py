"""Conditions and facts in durable_rules' terms: productions of plain clauses, and two flat facts to a profile.

A fact answers questions ("is it this word?", "is there any?"), each twice, whether yes and whether no, and gives two bounds of
every number. In the fact of what is sure, what is not known is neither yes nor no; in that of what may be, it is both. So one
production serves three values: it fires for the first where its goal certainly holds, for the second where it may.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import NamedTuple

from hepatica.inference.classes import NUMERIC, closed_bounds
from hepatica.inference.normal_form import Alternative, Leaf, alternatives, words_of
from hepatica.knowledge import ConceptTest, Condition, Test, leaves, strata
from hepatica.patient import Field, Fields, Interval, Value

MAX_PATHS = 60
_MARKER, _END = '{"k":"p"}', '{"k":"end"}'
_YES, _NO = '"y"', '"n"'
# Names of properties: `region=japan+` asks whether it is Japan, `-` whether it is not, `region?+` whether any is known (of a
# set, whether it holds any), `concept asian+` whether a concept holds; `afp>` and `afp<` are bounds. One that ends in `!` stands
# in both facts as in that of what is sure, in `~` as in that of what may be.
_SIGNS = {True: "+", False: "-"}
_ALWAYS = {True: "~", False: "!"}
_FAR = 1_000_000_000_000


class Clause(NamedTuple):
    """A property that must be yes, or, with an operator, its comparison with a number."""

    property: str
    operator: str = ""
    bound: float = 0


Ways = tuple[tuple[Clause, ...], ...]


class Production(NamedTuple):
    """One rule for the engine: what its firing says, as bits, and the clauses that must all hold. It opens one path."""

    says: int
    clauses: tuple[Clause, ...]


def _productions(says: int, opened: Iterable[Alternative], fields: Fields) -> Iterator[Production]:
    """One production to each way in which an alternative can hold: the engine is given no disjunction to multiply out."""
    for alternative in opened:
        ways = [_ways(leaf, fields) for leaf in alternative]
        yield from (Production(says, tuple(chain.from_iterable(chosen))) for chosen in product(*ways))


def _ways(leaf: Leaf, fields: Fields) -> Ways:
    """The ways in which a leaf can hold, each some clauses that must all hold."""
    if isinstance(leaf, ConceptTest):
        return ((Clause(f"concept {leaf.concept}{_SIGNS[leaf.wanted]}"),),)
    field = fields[leaf.field]
    ways = _numeric_ways(leaf) if field.kind in NUMERIC else _set_ways(leaf) if field.kind == "set" else _word_ways(leaf, field)
    if leaf.unknown is None:
        return ways
    # `known:`: what is not known passes both ways, or neither.
    end = _ALWAYS[leaf.unknown]
    return tuple(tuple(clause._replace(property=f"{clause.property}{end}") for clause in way) for way in ways)


def _word_ways(leaf: Test, field: Field) -> Ways:
    # What is one of several words is none of the others: said so, it is one production and not one for each word.
    words = words_of(field)
    passing = [word for word in words if leaf.holds(word)]
    if len(passing) == 1:
        return ((Clause(f"{field.name}={passing[0]}+"),),)
    excluded = tuple(Clause(f"{field.name}={word}-") for word in words if word not in passing)
    # A test that every word passes asks only that one be known.
    return (excluded or (Clause(f"{field.name}?+"),),)


def _set_ways(leaf: Test) -> Ways:
    if leaf.operator in ("empty", "not empty"):
        return ((Clause(f"{leaf.field}?{_SIGNS[leaf.operator == 'not empty']}"),),)
    if leaf.operator == "includes":
        return tuple((Clause(f"{leaf.field}={word}+"),) for word in leaf.operands)
    return (tuple(Clause(f"{leaf.field}={word}-") for word in leaf.operands),)


def _numeric_ways(leaf: Test) -> Ways:
    above, below, bound = f"{leaf.field}>", f"{leaf.field}<", float(leaf.operands[0])
    compared: dict[str, Ways] = {
        ">": ((Clause(above, "$gt", bound),),),
        ">=": ((Clause(above, "$gte", bound),),),
        "<": ((Clause(below, "$lt", bound),),),
        "<=": ((Clause(below, "$lte", bound),),),
        "=": ((Clause(above, "$gte", bound), Clause(below, "$lte", bound)),),
        "!=": ((Clause(above, "$gt", bound),), (Clause(below, "$lt", bound),)),
    }
    return compared[leaf.operator]


class Shard(NamedTuple):
    """At most `MAX_PATHS` productions as the engine reads them, what each says, and the properties that they read."""

    definition: str
    says: Sequence[str]
    reads: Sequence[str]

    @property
    def fact(self) -> str:
        """A fact of one fixed session and id with the marker, and a `%s` for the value of each property that is read."""
        return '{"sid":"1","id":"1","k":"p"' + "".join(f',"{alias}":%s' for alias in aliases_of(self.reads).values()) + "}"


class Network(NamedTuple):
    """All that the engine is given of a ruleset, as data: strata, how many bits a verdict has, the fields that facts tell.

    A stratum has concepts that rest on earlier strata only, each with its bit, and shards; that of the goals has no concepts.
    What fires says two things in zones of `width` bits: what holds, and which concepts are false. Bits are in hexadecimal
    digits: Python writes no decimal number of more than 4,300 digits, and large rulesets have some.
    """

    strata: Sequence[tuple[Sequence[tuple[str, str]], Sequence[Shard]]]
    width: int
    fields: Sequence[str]


def network_of(
    concepts: Mapping[str, tuple[int, Condition]], goals: Mapping[Condition, int], fields: Fields, width: int
) -> Network:
    """The network of conditions, each given with the bits that stand for it in what is fired.

    A concept may be named by goals and by later concepts.
    """
    conditions = {name: when for name, (_, when) in concepts.items()}
    named = {leaf.field for when in (*conditions.values(), *goals) for leaf in leaves(when) if isinstance(leaf, Test)}
    found: list[tuple[list[tuple[str, str]], list[Shard]]] = []
    for level in strata(conditions):
        made: list[Production] = []
        for name in level:
            bit, when = concepts[name]
            made += _productions(bit, alternatives(when), fields)
            # That it is false has to be derived, too: a property that is missing cannot be tested for.
            made += _productions(bit << width, alternatives(when, wanted=False), fields)
        found.append(([(name, f"{concepts[name][0]:x}") for name in level], _shards(made)))
    made = [production for when, bits in goals.items() for production in _productions(bits, alternatives(when), fields)]
    return Network([*found, ([], _shards(made))], width, [name for name in fields if name in named])


def _shards(productions: Sequence[Production]) -> list[Shard]:
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
    return [_shard(ordered[first : first + MAX_PATHS]) for first in range(0, len(ordered), MAX_PATHS)]


def _shard(productions: Sequence[Production]) -> Shard:
    reads = sorted({clause.property for production in productions for clause in production.clauses})
    return Shard(_definition(productions, aliases_of(reads)), [f"{one.says:x}" for one in productions], reads)


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
    compared = f'{{"{aliases[clause.property]}":{digits(clause.bound) if clause.operator else _YES}}}'
    return f'{{"{clause.operator}":{compared}}}' if clause.operator else compared


FAREWELL = '{"sid":"1","id":"1","k":"end"}'


Members = dict[str, str]


def members_of(field: Field, value: Value | None) -> tuple[Members, Members]:
    """The JSON value of each property that a field becomes, in the fact of what is sure and in that of what may be."""
    if field.kind in NUMERIC:
        low, high = map(digits, _bounds(field, value))
        # Certainly above a bound is what is so at its lowest; possibly, what is so at its highest.
        above, below = f"{field.name}>", f"{field.name}<"
        sure, maybe = {above: low, below: high}, {above: high, below: low}
    else:
        held = value if isinstance(value, tuple) else (value,)
        known = {f"{field.name}={word}": value if value is None else word in held for word in words_of(field)}
        sure, maybe = answers({**known, f"{field.name}?": value if value is None else held != ()})
    # For tests that say themselves what is made of an unknown value.
    always = {f"{name}!": said for name, said in sure.items()} | {f"{name}~": said for name, said in maybe.items()}
    return sure | always, maybe | always


def answers(known: Mapping[str, Value | None]) -> tuple[Members, Members]:
    """The answers to questions of which yes, no or nothing is known, as both facts have them."""
    sure, maybe = {}, {}
    for question, so in known.items():
        for wanted, sign in _SIGNS.items():
            sure[f"{question}{sign}"] = _YES if so is wanted else _NO
            maybe[f"{question}{sign}"] = _NO if so is (not wanted) else _YES
    return sure, maybe


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
