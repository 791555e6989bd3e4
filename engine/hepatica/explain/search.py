"""The search behind what-if: what can change by itself, and which of its changes make a therapy an option or end that.

A facet is an axis of the profile space (one field, or Child-Pugh class and score, which can only change together) beside the
conjunctions of the compiled rules that each of its states does not contradict. States are points of the axis, so two of them
differ only where some test tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from itertools import combinations, product

from hepatica.assurance.space import Axis, Entry, limits, space_of
from hepatica.assurance.space import Space as ProfileSpace
from hepatica.evaluation import ORDER, ListName, in_precedence
from hepatica.inference import FieldClasses, FieldTable, GoalKey, Program, each_bit
from hepatica.knowledge import Rule, Ruleset, Therapy
from hepatica.patient import Facts, Field, Interval, Nature, Value
from hepatica.problems import InvalidInput, Problem
from hepatica.records import record
from hepatica.wording import NOT_KNOWN, shown

LINKED_TITLE = "Child-Pugh"
MOST_TRIED, MOST_WORDED = 100_000, 10_000


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


@record
class Start:
    """What a profile says of a facet, and the states a change may lead to: nothing that is known becomes unknown."""

    now: State
    moves: tuple[State, ...]


@record(eq=False)
class Facet:
    """One field, or the Child-Pugh class and score together. `states` are those in which the (first) field is known."""

    axis: Axis
    index: int
    space: ProfileSpace
    tables: tuple[FieldTable | None, ...]
    states: tuple[State, ...]
    # Words take longer than the search, and the same few groups of states come up for every therapy and patient.
    worded: dict[int, str] = field(default_factory=dict)

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

    def held(self, facts: Facts) -> Entry:
        """What a profile says of it."""
        return tuple(facts[field.name] for field in self.fields)

    def now(self, facts: Facts) -> State:
        """The state a profile is in."""
        return _state(-1, (self.held(facts),), self.tables)

    def open_in(self, facts: Facts) -> bool:
        """Whether something of it is not known, or known as an interval only."""
        return any(value is None or isinstance(value, Interval) for value in self.held(facts))

    def start(self, facts: Facts) -> Start:
        """Where the changes of a profile start from."""
        held = self.held(facts)
        return Start(self.now(facts), self._keeping(lambda entry: all(map(_keeps_known, held, entry))))

    def results(self, facts: Facts) -> tuple[State, ...]:
        """The states that finding out everything may lead to: what is known stays as it is."""
        held = self.held(facts)
        return self._keeping(lambda entry: all(map(_may_be, held, entry, self.axis.classes)))

    def _keeping(self, wanted: Callable[[Entry], bool]) -> tuple[State, ...]:
        kept = ((state, tuple(entry for entry in state.entries if wanted(entry))) for state in self.states)
        return tuple(State(state.point, entries, state.certain, state.possible) for state, entries in kept if entries)

    def label(self, states: Iterable[State]) -> str:
        """What some states have in common, as a reader says it: "high", "> 400 ng/mL", "B with Child-Pugh score any of 8, 9"."""
        points = sum(1 << state.point for state in states)
        if points not in self.worded:
            if len(self.worded) >= MOST_WORDED:
                self.worded.clear()
            self.worded[points] = self._words(points)
        return self.worded[points]

    def _words(self, points: int) -> str:
        # As a region of the space that limits this axis alone, so that what-if and the proofs use the same words.
        side = (points,)
        found = limits(self.space, self.space.replaced(self.space.full, self.index, side))
        if len(self.fields) == 1:
            words = found.get(self.fields[0].name)
            return self.fields[0].in_unit(words) if words else "any value"
        return "; ".join(f"{name.rpartition('_')[2]} {values}" for name, values in found.items()) or "any value"

    def says(self, facts: Facts) -> str:
        """What a profile says of it, in words: "Europe", "A, 5", "not known"."""
        held = [shown(field, value) for field, value in zip(self.fields, self.held(facts), strict=True)]
        if len(held) == 1 or held[0] == NOT_KNOWN:
            return held[0]
        return f"class {held[0]}" if self.held(facts)[1] is None else f"class {held[0]}, score {held[1]}"

    def nearest(self, states: Iterable[State], facts: Facts) -> Entry:
        """The entry of some states nearest to the profile: a list by its members, a score or a stage by steps."""
        entries = [entry for state in states for entry in state.entries]
        return min(entries, key=lambda entry: self._distance(entry, facts))

    def _distance(self, entry: Entry, facts: Facts) -> float:
        return sum(_steps(field, value, facts[field.name]) for field, value in zip(self.fields, entry, strict=True))


def _steps(field: Field, value: Value | None, held: Value | None) -> float:
    if isinstance(value, tuple):
        return len(set(value) ^ set(held if isinstance(held, tuple) else ()))
    if field.kind == "integer" and isinstance(value, int) and isinstance(held, int):
        return abs(value - held)
    if field.kind == "choice" and field.nature == "test" and isinstance(held, str) and isinstance(value, str):
        return abs(field.values.index(value) - field.values.index(held))
    return float(value != held)


def _keeps_known(held: Value | None, found: Value | None) -> bool:
    """Whether a change from `held` to `found` forgets nothing."""
    return found is not None or held is None


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
        points = (_entries(axis, point) for point in range(len(axis.points)))
        states = tuple(_state(point, entries, own) for point, entries in enumerate(points) if entries)
        found.append(Facet(axis, index, space, own, states))
    return tuple(found)


def _entries(axis: Axis, point: int) -> tuple[Entry, ...]:
    """The entries of a point with known values; a score may stay open beside its class."""
    return tuple(entry for entry in map(axis.entry, axis.cells(axis.at(point))) if entry[0] is not None)


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
    groups: dict[tuple[int, int], list[State]] = {}
    for state in states:
        groups.setdefault(state.told(relevant), []).append(state)
    return tuple(tuple(group) for group in groups.values())


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

    def best(self, certain: int) -> Rule | None:
        """The applying rule of the highest standing that makes it an option; None where none does."""
        return next((rule for rule, mask in self.rules if certain & mask & self.options), None)


def therapy_goals(ruleset: Ruleset, program: Program) -> tuple[TherapyGoals, ...]:
    """Every therapy in the ruleset's order."""
    return tuple(_goals(therapy, ruleset, program) for therapy in ruleset.therapies.values())


def _goals(therapy: Therapy, ruleset: Ruleset, program: Program) -> TherapyGoals:
    # In the order in which `judged` decides, or what-if would promise another rule than the answer then names.
    ordered = in_precedence(therapy.rules, ruleset.studies)
    rules = tuple((rule, program.goals[GoalKey("rule", rule.id)].mask) for rule in ordered)
    options = relevant = 0
    for rule, mask in rules:
        relevant |= mask
        options |= mask if rule.is_option else 0
    return TherapyGoals(therapy, rules, options, relevant)


Move = tuple[int, int]
"""A facet and a group of its states, both by position."""
Assignment = frozenset[Move]


@record
class _Choices:
    """One facet for one therapy: the state it is in, and the groups of other states the therapy can tell apart."""

    now: State
    groups: tuple[tuple[State, ...], ...]


@record
class MinimalChange:
    """Facets by position with the states they move to, and what any of those states leads to."""

    moves: tuple[tuple[int, tuple[State, ...]], ...]
    reaches: ListName
    rule: Rule | None


def minimal_changes(goals: TherapyGoals, starts: Iterable[Start], *, is_option: bool) -> list[MinimalChange]:
    """Every change of which no part does the same, for one therapy; `is_option` says whether it is one now.

    `starts` are those of all facets, in order.

    Raises `InvalidInput` where there are too many to weigh.
    """
    choices = [_choices(start, goals.relevant) for start in starts]
    found = _without_parts(_removals(goals, choices) if is_option else _additions(goals, choices))
    return _united([_change(goals, choices, assignment) for assignment in found], len(choices))


def _choices(start: Start, relevant: int) -> _Choices:
    here = start.now.told(relevant)
    # Relative to one therapy: values that none of its rules tells apart are one move, which keeps the search small.
    groups = merged(start.moves, relevant)
    return _Choices(start.now, tuple(group for group in groups if group[0].told(relevant) != here))


def _additions(goals: TherapyGoals, choices: list[_Choices]) -> Iterator[Assignment]:
    """For each conjunction that would do: every facet that contradicts it, moved to a state that does not."""
    for position in each_bit(goals.options):
        bit = 1 << position
        moves: list[list[Move]] = []
        for index, choice in enumerate(choices):
            if not choice.now.certain & bit:
                moves.append([(index, g) for g, group in enumerate(choice.groups) if group[0].certain & bit])
        yield from (frozenset(chosen) for chosen in product(*moves))


def _removals(goals: TherapyGoals, choices: list[_Choices], taken: Assignment = frozenset()) -> Iterator[Assignment]:
    """While a conjunction still holds, one of its facets that was not yet moved has to contradict it."""
    left = _meet(choices, taken)[0] & goals.options
    if not left:
        yield taken
        return
    bit = left & -left  # the lowest conjunction that still holds; any would do, each must fall in the end
    moved = {index for index, _ in taken}
    for index, choice in enumerate(choices):
        if index not in moved:
            for group, states in enumerate(choice.groups):
                if not states[0].certain & bit:
                    yield from _removals(goals, choices, taken | {(index, group)})


def _meet(choices: list[_Choices], taken: Assignment) -> tuple[int, int]:
    moved = dict(taken)
    return meet(c.groups[moved[i]][0] if i in moved else c.now for i, c in enumerate(choices))


def _without_parts(found: Iterable[Assignment]) -> list[Assignment]:
    """Those of which no part is found as well, smallest first."""
    # Counted while they are made: the product of many groups may be far too long to be listed first.
    unique: set[Assignment] = set()
    for count, one in enumerate(found):
        if count == MOST_TRIED:
            message = f"a therapy's rules leave more than {MOST_TRIED} changes to weigh; fewer unknown facts leave fewer"
            raise InvalidInput([Problem("whatif", 1, 1, "too-many-changes", message)])
        unique.add(one)
    return [one for one in sorted(unique, key=lambda a: (len(a), sorted(a))) if not _has_part(one, unique)]


def _has_part(assignment: Assignment, found: set[Assignment]) -> bool:
    # Parts are few (a change has one to four moves); comparing every two changes would be quadratic.
    sizes = range(len(assignment))
    return any(frozenset(part) in found for size in sizes for part in combinations(sorted(assignment), size))


def _change(goals: TherapyGoals, choices: list[_Choices], assignment: Assignment) -> MinimalChange:
    certain, possible = _meet(choices, assignment)
    moves = tuple((index, choices[index].groups[group]) for index, group in sorted(assignment))
    return MinimalChange(moves, goals.reached(certain, possible), goals.best(certain))


def _united(found: list[MinimalChange], count: int) -> list[MinimalChange]:
    """Those that reach the same by the same rule and differ in the states of one facet alone, made one."""
    # One facet at a time: a union over two would also promise the pairs that nobody found.
    for facet in range(count if len(found) > 1 else 0):
        groups: dict[object, list[MinimalChange]] = {}
        for one in found:
            rest = tuple((index, tuple(s.point for s in states)) for index, states in one.moves if index != facet)
            groups.setdefault((rest, len(one.moves), one.reaches, one.rule and one.rule.id), []).append(one)
        found = [_union(group, facet) if len(group) > 1 else group[0] for group in groups.values()]
    return found


def _union(group: list[MinimalChange], facet: int) -> MinimalChange:
    together = tuple(state for one in group for index, states in one.moves if index == facet for state in states)
    return replace(group[0], moves=tuple((index, together if index == facet else s) for index, s in group[0].moves))
