"""What becomes of each printed number: recorded, left out with a reason, or missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from hepatica.knowledge.traceability.numbers import Token, values
from hepatica.knowledge.traceability.printed import Claim, LeftOut, Ranges

Fate = Literal["recorded", "left out", "missing"]
_Number = tuple[Decimal, bool]


class Fated(NamedTuple):
    """A printed number and what became of it."""

    token: Token
    fate: Fate


def account(printed: Sequence[Token], recorded: Iterable[Claim], left_out: Iterable[LeftOut]) -> tuple[Fated, ...]:
    """Each of the `printed` numbers with its fate, in order of the text."""
    slots = _slots(recorded)
    held: set[int] = set()
    for number, places in _grouped(printed).items():
        held |= _covered(printed, places, slots.get(number, []))
    spare = Counter((entry.at, value) for entry in left_out for value in values(entry.number))
    return tuple(Fated(token, "recorded" if place in held else _spared(token, spare)) for place, token in enumerate(printed))


def _spared(token: Token, spare: Counter[tuple[int, Decimal]]) -> Fate:
    if spare[token.line, token.value] <= 0:
        return "missing"
    spare[token.line, token.value] -= 1
    return "left out"


def _grouped(printed: Iterable[Token]) -> Mapping[_Number, list[int]]:
    """The places of each number; a reference is another number than a figure of the same digits."""
    groups: dict[_Number, list[int]] = defaultdict(list)
    for place, token in enumerate(printed):
        groups[token.value, token.reference].append(place)
    return groups


def _slots(recorded: Iterable[Claim]) -> Mapping[_Number, list[Ranges]]:
    """For each number, the lines of every record that holds it."""
    slots: dict[_Number, list[Ranges]] = defaultdict(list)
    for claim in recorded:
        for value in (*values(claim.figure), *claim.otherwise):
            slots[value, claim.references].append(claim.lines)
    return slots


def _covered(printed: Sequence[Token], places: Sequence[int], slots: Sequence[Ranges]) -> set[int]:
    """The places of one number that are recorded: of a reference any that a record covers, of a figure one to a record.

    For figures this is a largest bipartite matching of places to records, so that no record answers for two.
    """
    reachable = {place: [i for i, lines in enumerate(slots) if _holds(lines, printed[place].line)] for place in places}
    if printed[places[0]].reference:
        return {place for place, found in reachable.items() if found}
    owner: dict[int, int] = {}

    def settle(place: int, tried: set[int]) -> bool:
        for slot in reachable[place]:
            if slot not in tried:
                tried.add(slot)
                if slot not in owner or settle(owner[slot], tried):
                    owner[slot] = place
                    return True
        return False

    return {place for place in places if settle(place, set())}


def _holds(lines: Ranges, line: int) -> bool:
    return any(first <= line <= last for first, last in lines)
