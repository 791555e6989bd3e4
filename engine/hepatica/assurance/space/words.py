"""A box in words: for each field that it limits, the values it leaves ("high or unknown", "> 400", "not japan")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from hepatica.assurance.space.axes import Axis, Entry, Space
from hepatica.assurance.space.boxes import Box
from hepatica.inference import FieldClasses
from hepatica.patient import NONE, UNKNOWN, Value, show

Words = dict[str, str]
_MOST_LISTED = 6


def limits(space: Space, box: Box) -> Words:
    """Field to values, in the fields' order, for every field that the box limits."""
    found: Words = {}
    for axis, mask, full in zip(space.axes, box, space.full, strict=True):
        if mask != full:
            found |= _axis_words(axis, mask)
    return found


def _axis_words(axis: Axis, mask: int) -> Words:
    kept = [entry for index, point in enumerate(axis.points) if mask >> index & 1 for entry in point]
    every = [entry for point in axis.points for entry in point]
    for positions in _subsets(len(axis.fields)):
        sides = [{entry[at] for entry in kept} for at in positions]
        if [e for e in every if all(e[at] in side for at, side in zip(positions, sides, strict=True))] == kept_in(every, kept):
            chosen = zip(positions, sides, strict=True)
            return {axis.fields[at].name: values_in_words(axis.classes[at], side) for at, side in chosen}
    return {" with ".join(field.name for field in axis.fields): _pairs(axis, kept)}


def kept_in(every: Sequence[Entry], kept: Sequence[Entry]) -> list[Entry]:
    """`kept` in the order of `every`."""
    chosen = set(kept)
    return [entry for entry in every if entry in chosen]


def _subsets(size: int) -> Iterator[tuple[int, ...]]:
    for length in range(1, size + 1):
        yield from combinations(range(size), length)


def _pairs(axis: Axis, kept: Sequence[Entry]) -> str:
    """Several linked fields: for each value of the first the values of the others."""
    groups: dict[Value | None, set[Value | None]] = {}
    for first, second in kept:
        groups.setdefault(first, set()).add(second)
    parts = []
    for first, seconds in groups.items():
        possible = {entry[1] for point in axis.points for entry in point if entry[0] == first}
        shown = "" if seconds == possible else f" ({values_in_words(axis.classes[1], seconds)})"
        parts.append(f"{show(first)}{shown}")
    return " or ".join(parts)


def values_in_words(classes: FieldClasses, chosen: set[Value | None]) -> str:
    """A set of a field's entries (one sample to a class) as a reader would say it."""
    every = set(classes.samples)
    if chosen == every - {None}:
        return "known"
    known = chosen - {None}
    if not known:
        return UNKNOWN
    kind = classes.field.kind
    shown = _numbers(classes, known) if kind in ("integer", "number") else _words(classes, known, every - {None})
    return f"{shown} or {UNKNOWN}" if None in chosen else shown


def _words(classes: FieldClasses, known: set[Value | None], every: set[Value | None]) -> str:
    if known == every:
        return "any known value"
    if classes.field.kind == "set":
        return _lists(classes.field.values, known, every)
    ordered = [show(value) for value in classes.samples if value in known]
    others = [show(value) for value in classes.samples if value in every - known]
    if len(others) < len(ordered) and len(ordered) > 3:
        return f"not {' or '.join(others)}"
    return " or ".join(ordered)


def _lists(values: tuple[str, ...], known: set[Value | None], every: set[Value | None]) -> str:
    """Lists of words by what they include and lack, where one such phrase says it; else one by one."""
    atoms: list[tuple[str, frozenset[Value | None]]] = [(NONE, frozenset({()})), ("at least one", frozenset(every - {()}))]
    for size in range(1, len(values) + 1):
        for words in combinations(values, size):
            some = frozenset(v for v in every if isinstance(v, tuple) and set(words) & set(v))
            atoms.append((f"includes {' or '.join(words)}", some))
            atoms.append((f"without {' or '.join(words)}", frozenset(every - some)))
    for text, held in atoms:
        if held == known:
            return text
    for (text, held), (more, also) in combinations(atoms, 2):
        if held & also == known:
            return f"{text} and {more}"
    for text, held in atoms:
        if held | {()} == known:
            return f"{NONE} or {text}"
    return " or ".join(show(value).replace(", ", " + ") for value in sorted(known, key=_length))


def _length(value: Value | None) -> tuple[int, str]:
    return (len(value) if isinstance(value, tuple) else 0, str(value))


def _numbers(classes: FieldClasses, known: set[Value | None]) -> str:
    runs: list[list[int]] = []
    for index, sample in enumerate(classes.samples):
        if sample is not None and sample in known:
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
    return " or ".join(_run(classes, run[0], run[-1]) for run in runs)


def _run(classes: FieldClasses, first: int, last: int) -> str:
    """Neighbouring classes of a number as a comparison or a range."""
    slots = {position: slot for slot, position in classes.positions.items()}
    low, high = slots[first], slots[last]
    assert isinstance(low, int) and isinstance(high, int)
    if classes.field.kind == "integer":
        return _whole(classes, first, last)
    bounds = classes.thresholds
    at_end = last == len(classes.samples) - 1
    above = f"{'>=' if low % 2 else '>'} {bounds[low // 2 if low % 2 else low // 2 - 1]:g}" if first > 1 else ""
    below = f"{'<=' if high % 2 else '<'} {bounds[high // 2]:g}" if not at_end else ""
    if low == high and low % 2:
        return f"{bounds[low // 2]:g}"
    return " and ".join(part for part in (above, below) if part) or "any known value"


def _whole(classes: FieldClasses, first: int, last: int) -> str:
    start, end = classes.samples[first], classes.samples[last]
    following = classes.samples[last + 1] if last + 1 < len(classes.samples) else None
    final = int(following) - 1 if isinstance(following, (int, float)) else int(classes.field.high)
    assert isinstance(start, (int, float)) and isinstance(end, (int, float))
    if start == final:
        return f"{start}"
    if final == int(classes.field.high):
        return f">= {start}"
    return f"<= {final}" if first == 1 else f"{start} to {final}"
