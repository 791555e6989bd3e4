"""Facets: facts that can only change together, and the states a profile may be moved to without contradicting itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hepatica.inference import FieldClasses, FieldTable, Program
from hepatica.patient import FIELD_BY_NAME, FIELDS, Facts, Field, Nature, Value, child_pugh, show

LINKED = ("child_pugh_class", "child_pugh_score")
LINKED_TITLE = "Child-Pugh"
_MOST_WORDS = 3

Values = tuple[Value | None, ...]


@dataclass(frozen=True, slots=True)
class State:
    """One value for each field of a facet, and the conjunctions those values do not contradict (certain, possible)."""

    values: Values
    certain: int
    possible: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One field, or the Child-Pugh class and score together. `states` are the known, consistent ones."""

    fields: tuple[Field, ...]
    title: str
    nature: Nature
    tables: tuple[FieldTable | None, ...]
    states: tuple[State, ...]

    def now(self, facts: Facts) -> State:
        """The state a profile is in."""
        return _state(self.tables, tuple(facts[field.name] for field in self.fields))

    def open_in(self, facts: Facts) -> bool:
        """Whether something of the facet is unknown."""
        return any(facts[field.name] is None for field in self.fields)

    def moves(self, facts: Facts) -> tuple[State, ...]:
        """The states a change may lead to: nothing that is known becomes unknown."""
        known = [facts[field.name] is not None for field in self.fields]
        return tuple(s for s in self.states if all(v is not None or not was for v, was in zip(s.values, known, strict=True)))

    def results(self, facts: Facts) -> tuple[State, ...]:
        """The states that finding out everything may lead to: what is known stays as it is."""
        held = [facts[field.name] for field in self.fields]
        return tuple(
            s
            for s in self.states
            if None not in s.values and all(h is None or h == v for h, v in zip(held, s.values, strict=True))
        )


def facets_of(program: Program) -> tuple[Facet, ...]:
    """Every facet that a test of the program reads, in the declared field order."""
    tables = {table.classes.field.name: table for table in program.tables}
    found: list[Facet] = []
    for field in FIELDS:
        if field.name in LINKED:
            if field.name == LINKED[0] and tables.keys() & set(LINKED):
                found.append(_child_pugh(tables))
        elif field.name in tables:
            table = tables[field.name]
            known = [(value,) for value in table.classes.samples if value is not None]
            found.append(_facet((field,), field.title, (table,), known))
    return tuple(found)


def _child_pugh(tables: dict[str, FieldTable]) -> Facet:
    fields = tuple(FIELD_BY_NAME[name] for name in LINKED)
    values: list[Values] = []
    for name, (low, high) in child_pugh.CLASS_RANGES.items():
        values += [(name, None), *((name, score) for score in range(low, high + 1))]
    return _facet(fields, LINKED_TITLE, tuple(tables.get(name) for name in LINKED), values)


def _facet(fields: tuple[Field, ...], title: str, tables: tuple[FieldTable | None, ...], known: Iterable[Values]) -> Facet:
    return Facet(fields, title, fields[0].nature, tables, tuple(_state(tables, values) for values in known))


def _state(tables: tuple[FieldTable | None, ...], values: Values) -> State:
    certain = possible = -1
    for table, value in zip(tables, values, strict=True):
        if table is not None:
            index = table.classes.class_of(value)
            certain &= table.certain[index]
            possible &= table.possible[index]
    return State(values, certain, possible)


def meet(states: Iterable[State]) -> tuple[int, int]:
    """The conjunctions that none of some states contradicts (certain, possible)."""
    certain = possible = -1
    for state in states:
        certain, possible = certain & state.certain, possible & state.possible
    return certain, possible


def merged(states: Iterable[State], relevant: int) -> tuple[tuple[State, ...], ...]:
    """The states in groups that no conjunction in `relevant` can tell apart, in order of first meeting."""
    groups: dict[tuple[int, int], list[State]] = {}
    for state in states:
        groups.setdefault((state.certain & relevant, state.possible & relevant), []).append(state)
    return tuple(tuple(group) for group in groups.values())


def label(facet: Facet, states: Sequence[State]) -> str:
    """What a group of states has in common, as a reader says it: "high", "> 400", "with hcv", "class B, score 8 or 9"."""
    if facet.fields[0].name in LINKED:
        return _child_pugh_label([state.values for state in states])
    table, values = facet.tables[0], [state.values[0] for state in states]
    kind = facet.fields[0].kind
    if kind in ("integer", "number"):
        assert table is not None
        return _range_label(table.classes, values)
    if kind == "set":
        return _set_label(facet.fields[0].values, [value for value in values if isinstance(value, tuple)])
    return _words_label(facet.fields[0].values, [show(value) for value in values])


def held(facet: Facet, facts: Facts) -> str:
    """What a profile says of a facet: "europe", "class A, score 5", "unknown"."""
    values: Values = tuple(facts[field.name] for field in facet.fields)
    if facet.fields[0].name in LINKED and values[0] is not None:
        return _child_pugh_label([values])
    return " ".join((show(values[0]), facet.fields[0].unit)).strip() if values[0] is not None else show(None)


def _words_label(allowed: tuple[str, ...], words: list[str]) -> str:
    others = [word for word in allowed if word not in words]
    if len(words) > max(_MOST_WORDS, 2 * len(others)):
        return f"not {', '.join(others)}"
    return " or ".join(words)


def _child_pugh_label(members: list[Values]) -> str:
    parts = []
    for name, (low, high) in child_pugh.CLASS_RANGES.items():
        scores = [score for letter, score in members if letter == name]
        if not scores:
            continue
        known = [score for score in scores if isinstance(score, int)]
        if len(known) == high - low + 1 or not known:
            parts.append(f"class {name}")
        else:
            parts.append(f"class {name}, score {' or '.join(str(score) for score in known)}")
    return " or ".join(parts)


def _range_label(classes: FieldClasses, values: Iterable[Value | None]) -> str:
    slots = sorted(int(str(slot)) for slot, index in classes.positions.items() if classes.samples[index] in set(values))
    runs: list[list[int]] = []
    every = sorted(int(str(slot)) for slot in classes.positions)
    for slot in slots:
        if runs and every.index(slot) == every.index(runs[-1][-1]) + 1:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    return " or ".join(_run_label(classes, run, every) for run in runs)


def _run_label(classes: FieldClasses, run: list[int], every: list[int]) -> str:
    """Slots are even between two thresholds and odd on one; a run is a contiguous row of them."""
    first, last = run[0], run[-1]
    low = "" if first == every[0] else f"{classes.thresholds[(first - 1) // 2]:g}"
    high = "" if last == every[-1] else f"{classes.thresholds[last // 2]:g}"
    if low and low == high and first % 2:
        return f"exactly {low}"
    parts = [f"{'>=' if first % 2 else '>'} {low}"] if low else []
    parts += [f"{'<=' if last % 2 else '<'} {high}"] if high else []
    return " and ".join(parts) or "any value"


def _set_label(words: tuple[str, ...], members: list[tuple[str, ...]]) -> str:
    if len(members) == 1:
        return show(members[0])
    sets = [frozenset(member) for member in members]
    least = [one for one in sets if not any(other < one for other in sets)]
    absent = [word for word in words if not any(word in one for one in sets)]
    without = f"without {' or '.join(absent)}" if absent else ""
    if frozenset() in least:
        return without or "anything"
    present = " or ".join(" + ".join(word for word in words if word in one) for one in least)
    return ", ".join(part for part in (f"with {present}", without) if part)


def nearest(facet: Facet, states: Sequence[State], facts: Facts) -> State:
    """The state of a group nearest to the profile: a list is measured by its members, a score and a stage by steps."""
    return min(states, key=lambda state: _distance(facet, state, facts))


def _distance(facet: Facet, state: State, facts: Facts) -> float:
    total = 0.0
    for field, value in zip(facet.fields, state.values, strict=True):
        held = facts[field.name]
        if isinstance(value, tuple):
            total += len(set(value) ^ set(held if isinstance(held, tuple) else ()))
        elif field.kind == "integer" and isinstance(value, int) and isinstance(held, int):
            total += abs(value - held)
        elif field.kind == "choice" and field.nature == "test" and isinstance(held, str) and isinstance(value, str):
            total += abs(field.values.index(value) - field.values.index(held))
        elif value != held:
            total += 1
    return total
