"""The search behind what-if: what can change by itself, and which of its changes make a therapy an option or end that.

A facet is an axis of the profile space (one field, or Child-Pugh class and score, which can only change together) beside the
conjunctions of the compiled rules that each of its states does not contradict. States are points of the axis, so two of them
differ only where some test tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from itertools import combinations, product
from operator import or_

from hepatica.assurance.space import Axis, Entry, limits, space_of
from hepatica.assurance.space import Space as ProfileSpace
from hepatica.evaluation import ORDER, BoundedCache, Derived, Evaluator, ListName, in_precedence
from hepatica.inference import FieldClasses, FieldTable, GoalKey, Program, each_bit
from hepatica.knowledge import RANK, Rule, Ruleset, Therapy
from hepatica.patient import Facts, Field, Interval, Nature, Value
from hepatica.problems import InvalidInput, Problem
from hepatica.records import record
from hepatica.wording import NOT_KNOWN, grouped, plainly, shown

LINKED_TITLE = "Child-Pugh"
MOST_TRIED = 100_000


@record
class State:
    """The entries of a facet that no test tells apart, and the conjunctions they do not contradict (certain, possible)."""

    point: int
    entries: tuple[Entry, ...]
    certain: int
    possible: int

    def told(self, relevant: int) -> tuple[int, int]:
        """What it says of the conjunctions in `relevant`."""
        return self.certain & relevant, self.possible & relevant


@record(eq=False)
class Facet:
    """One field, or the Child-Pugh class and score together. `states` are those in which the (first) field is known."""

    axis: Axis
    index: int
    space: ProfileSpace
    tables: tuple[FieldTable | None, ...]
    states: tuple[State, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that change together."""
        return self.axis.fields

    @property
    def title(self) -> str:
        """What a reader calls it."""
        return self.fields[0].title if len(self.fields) == 1 else LINKED_TITLE

    @property
    def nature(self) -> Nature:
        """A test, a history, or a characteristic that cannot be changed."""
        return self.fields[0].nature

    def held_in(self, facts: Facts) -> HeldFacet:
        """What a case says of it."""
        held = tuple(facts[field.name] for field in self.fields)
        return HeldFacet(self, held, _state(-1, (held,), self.tables))

    def label(self, states: Iterable[State]) -> str:
        """What some states have in common, as a reader says it: "high", "above 400 ng/mL", "class B; score 8 or 9"."""
        return self._worded[sum(1 << state.point for state in states)]

    # Words take longer than the search, and the same few groups of states come up for every therapy and patient.
    @cached_property
    def _worded(self) -> Derived[int, str]:
        return Derived(self._words)

    def _words(self, points: int) -> str:
        # As a region of the space that limits this axis alone, so that what-if and the proofs use the same words.
        found = limits(self.space, self.space.replaced(self.space.full, self.index, points))
        if len(self.fields) == 1:
            words = found.get(self.fields[0].name)
            return plainly(self.fields[0].in_unit(words)) if words else "any value"
        return plainly("; ".join(f"{name.rpartition('_')[2]} {values}" for name, values in found.items())) or "any value"


@record(eq=False)
class HeldFacet:
    """A facet in one case: what is held of it, and the state that is."""

    facet: Facet
    entry: Entry
    now: State

    @property
    def is_open(self) -> bool:
        """Whether something of it is not known, or known as an interval only."""
        return any(value is None or isinstance(value, Interval) for value in self.entry)

    @cached_property
    def moves(self) -> tuple[State, ...]:
        """The states a change may lead to: nothing that is known becomes unknown."""
        return self._keeping(lambda held, found, _: found is not None or held is None)

    def results(self) -> tuple[State, ...]:
        """The states that finding out everything may lead to: what is known stays as it is."""
        return self._keeping(_may_be)

    def _keeping(self, wanted: Callable[[Value | None, Value | None, FieldClasses], bool]) -> tuple[State, ...]:
        def kept(state: State) -> State:
            entries = (entry for entry in state.entries if all(map(wanted, self.entry, entry, self.facet.axis.classes)))
            return replace(state, entries=tuple(entries))

        return tuple(state for state in map(kept, self.facet.states) if state.entries)

    def says(self) -> str:
        """What is held of it, in words: "Europe", "class A, score 5", "not known"."""
        held = list(map(shown, self.facet.fields, self.entry))
        if len(held) == 1 or held[0] == NOT_KNOWN:
            return held[0]
        return f"class {held[0]}" if self.entry[1] is None else f"class {held[0]}, score {held[1]}"

    def nearest(self, states: Iterable[State]) -> Entry:
        """The entry of some states nearest to what is held: a list by its members, a score or a stage by steps."""

        def steps(field: Field, value: Value | None, held: Value | None) -> float:
            if isinstance(value, tuple):
                return len(set(value) ^ set(held if isinstance(held, tuple) else ()))
            if field.kind == "integer" and isinstance(value, int) and isinstance(held, int):
                return abs(value - held)
            if field.kind == "choice" and field.nature == "test" and isinstance(held, str) and isinstance(value, str):
                return abs(field.values.index(value) - field.values.index(held))
            return float(value != held)

        entries = (entry for state in states for entry in state.entries)
        return min(entries, key=lambda entry: sum(map(steps, self.facet.fields, entry, self.entry)))


def _may_be(held: Value | None, found: Value | None, classes: FieldClasses) -> bool:
    """Whether finding out may turn what is held into a value of the class of `found`."""
    # An interval may only shrink to classes that it already covers.
    if isinstance(held, Interval):
        return found is not None and classes.class_of(found) in {classes.class_of(point) for point in classes.points_of(held)}
    return found is not None and held in (None, found)


def facets_of(program: Program) -> tuple[Facet, ...]:
    """Every facet that a test of the program reads, in the order of the fields."""
    tables = {table.classes.field.name: table for table in program.tables}
    space = space_of(program.tests, program.fields, intervals=False)
    found = []
    for index, axis in enumerate(space.axes):
        own = tuple(tables.get(field.name) for field in axis.fields)
        points = (map(axis.entry, axis.group(point)) for point in range(axis.size))
        # Entries with known values; a score may stay open beside its class.
        known = (tuple(entry for entry in entries if entry[0] is not None) for entries in points)
        states = tuple(_state(point, entries, own) for point, entries in enumerate(known) if entries)
        found.append(Facet(axis, index, space, own, states))
    return tuple(found)


def _state(point: int, entries: tuple[Entry, ...], tables: tuple[FieldTable | None, ...]) -> State:
    certain = possible = -1
    for table, value in zip(tables, entries[0], strict=True):
        if table is not None:
            row = table.row(value)
            certain, possible = certain & row.certain, possible & row.possible
    return State(point, entries, certain, possible)


def meet(states: Iterable[State]) -> tuple[int, int]:
    """The conjunctions that none of some states contradicts (certain, possible)."""
    certain = possible = -1
    for state in states:
        certain, possible = certain & state.certain, possible & state.possible
    return certain, possible


def merged(states: Iterable[State], relevant: int) -> tuple[tuple[State, ...], ...]:
    """The states in groups that no conjunction in `relevant` can tell apart, in order of first meeting."""
    return tuple(map(tuple, grouped((state.told(relevant), state) for state in states).values()))


@record
class TherapyGoals:
    """A therapy's rules in order of precedence, with the bits of their conjunctions; `options` are those of options."""

    therapy: Therapy
    rules: tuple[tuple[Rule, int], ...]
    options: int
    relevant: int

    def reached(self, certain: int, possible: int) -> ListName:
        """The list for verdict bits: what `judged` says of the verdicts, asked thousands of times by a search."""
        best: ListName = "ruled_out"
        for rule, mask in self.rules:
            if possible & mask:
                own: ListName = rule.reaches if certain & mask or rule.reaches == "unreported" else "possible"
                best = min(best, own, key=ORDER.__getitem__)
        return best

    @cached_property
    def known(self) -> ChangesByTold:
        """The changes found so far, by what a case tells this therapy's rules."""
        return ChangesByTold()

    def best(self, certain: int) -> Rule | None:
        """The applying rule of the highest standing that makes it an option; None where none does."""
        return next((rule for rule, mask in self.rules if certain & mask & self.options), None)

    def is_open(self, certain: int, possible: int) -> bool:
        """Whether what is missing may move it to another list, or make more of it than the option that it certainly is."""
        reached = self.reached(certain, possible)
        if reached != "options":
            return reached == "possible"
        sure, hoped = self.best(certain), self.best(possible)
        return sure is not None and hoped is not None and RANK[hoped.standing] < RANK[sure.standing]


def therapy_goals(ruleset: Ruleset, program: Program) -> tuple[TherapyGoals, ...]:
    """Every therapy in the ruleset's order."""
    found = []
    for therapy in ruleset.therapies.values():
        # In the order in which `judged` decides, or what-if would promise another rule than the answer then names.
        ordered = in_precedence(therapy.rules, ruleset.studies)
        rules = tuple((rule, program.goals[GoalKey("rule", rule.id)].mask) for rule in ordered)
        options, relevant = (reduce(or_, (m for r, m in rules if r.is_option or every), 0) for every in (False, True))
        found.append(TherapyGoals(therapy, rules, options, relevant))
    return tuple(found)


def searched(evaluator: Evaluator) -> tuple[tuple[Facet, ...], tuple[TherapyGoals, ...]]:
    """What a search needs of the rules: it depends on no patient, is kept with their evaluator and goes with it."""
    kept = evaluator.__dict__
    if "_searched" not in kept:
        program = evaluator.program
        kept.setdefault("_searched", (facets_of(program), therapy_goals(evaluator.ruleset, program)))
    found: tuple[tuple[Facet, ...], tuple[TherapyGoals, ...]] = kept["_searched"]
    return found


Move = tuple[int, int]
"""A facet and a group of its states, both by position."""
Assignment = frozenset[Move]
Choices = Sequence[tuple[State, Sequence[tuple[State, ...]]]]
"""Each facet for one therapy: the state it is in, and the groups of other states that the therapy can tell apart."""


@record
class MinimalChange:
    """Facets by position with the states they move to, and what any of those states leads to."""

    moves: tuple[tuple[int, tuple[State, ...]], ...]
    reaches: ListName
    rule: Rule | None


class ChangesByTold(BoundedCache[object, list[MinimalChange]]):
    """Changes by all of a case that they depend on: patients who differ elsewhere share them, and so do most of one's tries."""

    MOST = 128


def minimal_changes(goals: TherapyGoals, facets: Sequence[HeldFacet]) -> list[MinimalChange]:
    """Every change of which no part does the same, for one therapy: what makes it an option, or ends that where it is one.

    `facets` are all of a case, in order. Raises `InvalidInput` where there are too many changes to weigh.
    """
    told = tuple([(held.now.told(goals.relevant), *[value is None for value in held.entry]) for held in facets])
    known = goals.known.get(told)
    if known is not None:
        return known
    # Relative to one therapy: values that none of its rules tells apart are one move, which keeps the search small.
    moves = [(facet.now, facet.now.told(goals.relevant), merged(facet.moves, goals.relevant)) for facet in facets]
    choices = [(now, [group for group in groups if group[0].told(goals.relevant) != here]) for now, here, groups in moves]
    is_option = meet(facet.now for facet in facets)[0] & goals.options
    changes = []
    for assignment in _without_parts(_removals(goals, choices) if is_option else _additions(goals, choices)):
        certain, possible = _meet(choices, assignment)
        steps = tuple((index, choices[index][1][group]) for index, group in sorted(assignment))
        changes.append(MinimalChange(steps, goals.reached(certain, possible), goals.best(certain)))
    return goals.known.keep(told, _united(changes, len(choices)))


def _additions(goals: TherapyGoals, choices: Choices) -> Iterator[Assignment]:
    """For each conjunction that would do: every facet that contradicts it, moved to a state that does not."""
    for position in each_bit(goals.options):
        bit = 1 << position
        moves: list[list[Move]] = [
            [(index, g) for g, group in enumerate(groups) if group[0].certain & bit]
            for index, (now, groups) in enumerate(choices)
            if not now.certain & bit
        ]
        yield from map(frozenset, product(*moves))


def _removals(goals: TherapyGoals, choices: Choices, taken: Assignment = frozenset()) -> Iterator[Assignment]:
    """While a conjunction still holds, one of its facets that was not yet moved has to contradict it."""
    left = _meet(choices, taken)[0] & goals.options
    if not left:
        yield taken
        return
    bit = left & -left  # the lowest conjunction that still holds; any would do, each must fall in the end
    moved = {index for index, _ in taken}
    for index, (_, groups) in enumerate(choices):
        for group, states in enumerate(groups if index not in moved else ()):
            if not states[0].certain & bit:
                yield from _removals(goals, choices, taken | {(index, group)})


def _meet(choices: Choices, taken: Assignment) -> tuple[int, int]:
    moved = dict(taken)
    return meet(groups[moved[index]][0] if index in moved else now for index, (now, groups) in enumerate(choices))


def _without_parts(found: Iterable[Assignment]) -> list[Assignment]:
    """Those of which no part is found as well, smallest first."""
    # Counted while they are made: the product of many groups may be far too long to be listed first.
    unique: set[Assignment] = set()
    for count, one in enumerate(found):
        if count == MOST_TRIED:
            message = f"a therapy's rules leave more than {MOST_TRIED} changes to weigh; fewer unknown facts leave fewer"
            raise InvalidInput([Problem("whatif", 1, 1, "too-many-changes", message)])
        unique.add(one)
    # Parts are few (a change has one to four moves); comparing every two changes would be quadratic.
    return [
        one
        for one in sorted(unique, key=lambda a: (len(a), sorted(a)))
        if not any(frozenset(part) in unique for size in range(len(one)) for part in combinations(sorted(one), size))
    ]


def _united(found: list[MinimalChange], count: int) -> list[MinimalChange]:
    """Those that reach the same by the same rule and differ in the states of one facet alone, made one."""

    def beside(one: MinimalChange, facet: int) -> object:
        rest = tuple((index, tuple(s.point for s in states)) for index, states in one.moves if index != facet)
        return rest, len(one.moves), one.reaches, one.rule and one.rule.id

    def union(group: list[MinimalChange], facet: int) -> MinimalChange:
        together = tuple(state for one in group for index, states in one.moves if index == facet for state in states)
        return replace(group[0], moves=tuple((index, together if index == facet else s) for index, s in group[0].moves))

    # One facet at a time: a union over two would also promise the pairs that nobody found.
    for facet in range(count if len(found) > 1 else 0):
        groups = grouped((beside(one, facet), one) for one in found)
        found = [union(group, facet) if len(group) > 1 else group[0] for group in groups.values()]
    return found
