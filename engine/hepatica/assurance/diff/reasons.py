"""Where a rule, a concept or a study has the same verdict as before but an answer gives other reasons for it.

An answer names the conditions that a rule meets, the fields that would settle an open one, and what a therapy that is ruled out
would take; of a rule that fails while another speaks it says nothing. Of a concept it names what decides it, of a study what
keeps a patient out and the fields that are asked. Which conditions a reason names depends only on which tests hold and which
fail, so the space is cut by those tests. Mostly a condition is made of parts that must all
hold and share no field: the line, the scope, the liver. Each part gives its own reasons, and of those that are alike in both
versions the verdict alone is asked: the diagram stays as small as the edit, and rules that share the edited part share it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache, reduce
from math import prod
from operator import and_, or_

from hepatica.assurance.space import OPEN, Box, Diagram, Diagrams, Node, Region, RegionMaker
from hepatica.assurance.version import RulesetVersion
from hepatica.evaluation import naming_mask, smallest_failing, still_asked
from hepatica.inference import GoalKey, Verdict, each_bit
from hepatica.wording import grouped

Alternatives = frozenset[int]
"""Those of a condition, each as the bits of its tests."""
SILENT, RULED_OUT, SPEAKS = range(3)
"""Whether reasons differ: nowhere, as long as the whole therapy is ruled out, or whatever the other rules say."""


class ReasonDiffs:
    """The reasons of the rules of two versions, held side by side."""

    def __init__(self, old: RulesetVersion, new: RulesetVersion, maker: RegionMaker) -> None:
        order = {name: position for position, name in enumerate(maker.space.fields)}
        self._maker = maker
        self._tests = sorted(
            {*old.program.tests, *new.program.tests},
            key=lambda test: (order[test.field], test.operator, repr(test.operands), str(test.unknown)),
        )
        bits = {test: 1 << position for position, test in enumerate(self._tests)}
        # What a test asks for is told alike whether or not it has to be known.
        same = grouped(((test.field, test.requires()), bit) for test, bit in bits.items())
        self._twins = tuple(map(sum, (found for found in same.values() if len(found) > 1)))
        self._sides = [(v.program.goals, [bits[test] for test in v.program.tests]) for v in (old, new)]
        fields: dict[str, int] = {}
        for test, bit in bits.items():
            fields[test.field] = fields.get(test.field, 0) | bit
        self._fields = tuple(fields.values())
        self._edited = cache(self._of_edited)

    def of(self, goal: GoalKey, hidden: Sequence[Region] | None = (), inside: Sequence[Box] = ()) -> Diagram[bool] | None:
        """Whether an answer gives other reasons for one verdict of a goal of both versions; None where that is nowhere.

        Why a goal fails is told except where one of the regions `hidden` may hold; nowhere where that is None. `inside` are the
        only places where the goal is told of at all, if it is not told everywhere.
        """
        found = ((goals[goal].conjunctions, bits) for goals, bits in self._sides)
        sides = [frozenset(sum(bits[n] for n in each_bit(part)) for part in parts) for parts, bits in found]
        if not all(sides) or sides[0] == sides[1]:
            return None
        alike = self._alike(sides)
        made, edited = self._edited(goal.kind, *(_asking(side, ~alike) for side in sides))
        shared = self._maker.region([self._tests[n] for n in each_bit(part)] for part in _asking(sides[0], alike))
        root = made.combined((edited, made.region(shared)), lambda differ, verdict: differ[verdict])
        root = within_ruled_out(made, root, hidden) if hidden else root
        told = made.joined([made.box(box) for box in inside or (self._maker.space.full,)])
        shown = made.combined(
            (root, told), lambda differ, here: bool(here) and differ > (RULED_OUT if hidden is None else SILENT)
        )
        diagram: Diagram[bool] = Diagram(made, shown, f"the reasons of {goal.kind} {goal.id}")
        return diagram if True in diagram.outcomes() else None

    def _alike(self, sides: Sequence[Alternatives]) -> int:
        """The tests of the parts that are alike on both sides; none where the conditions are not made of parts."""
        used = reduce(or_, (one for side in sides for one in side))
        parts: list[int] = []
        for field in filter(None, (field & used for field in self._fields)):
            # What belongs together: not every way to ask for the one goes with every way to ask for the other.
            tied = [part for part in parts if not all(_apart(side, (part, field)) for side in sides)]
            parts = [*(part for part in parts if part not in tied), field | sum(tied)]
        if not all(_apart(side, parts) for side in sides):
            return 0
        return sum(part for part in parts if _asking(sides[0], part) == _asking(sides[1], part))

    def _of_edited(self, kind: str, *sides: Alternatives) -> tuple[Diagrams, Node]:
        """Whether the reasons differ: three answers, by whether the parts that are alike fail, are open or hold."""
        used = reduce(or_, (one for side in sides for one in side))
        asked = [1 << n for n in each_bit(used)]
        by_field = [field & used for field in self._fields if field & used]
        told = [_Told(kind, side, by_field, naming_mask(self._tests, used), self._twins) for side in sides]
        regions = [self._maker.region([[self._tests[n]]]) for n in each_bit(used)]
        made = Diagrams(self._maker.space, [box for region in regions for box in region.possible], "the reasons of the rules")

        @cache
        def known(fails: int, others: int) -> Node | None:
            differ = _differ_whatever_follows(told, fails, others)
            return made.leaf((RULED_OUT if differ else SILENT,) * 3) if differ is not None else None

        def foregone(nodes: Sequence[Node]) -> Node | None:
            """Known as soon as it can be: there are few diagrams then that all tests must be asked for."""
            fails = others = 0
            for bit, node in zip(asked, nodes, strict=True):
                value = made.values.get(node)
                if value == 0:
                    fails |= bit
                elif value is not None:
                    others |= bit
            return known(fails, others)

        def judge(*values: int) -> tuple[int, int, int]:
            fails, opens = (sum(bit for bit, one in zip(asked, values, strict=True) if one == wanted) for wanted in (0, OPEN))
            return _differ(*(side.reasons(fails, opens) for side in told))

        return made, made.combined([made.region(region) for region in regions], judge, foregone)


def _asking(alternatives: Alternatives, tests: int) -> Alternatives:
    """The alternatives as far as they ask for some tests."""
    return frozenset([one & tests for one in alternatives])


def _apart(alternatives: Alternatives, parts: Collection[int]) -> bool:
    """Whether the alternatives, as far as some parts go, are all the ways to choose one of each part."""
    return len(_asking(alternatives, sum(parts))) == prod(len(_asking(alternatives, part)) for part in parts)


def within_ruled_out(made: Diagrams, root: Node, hidden: Sequence[Region]) -> Node:
    """What a diagram says where nothing of some regions may hold; where it may, only what is said in any case."""
    # What is joined once is met again at once: many rules of a therapy may differ for one edit of a concept.
    spoken = made.joined([made.box(box) for region in hidden for box in region.possible])
    return made.combined((root, spoken), lambda differ, bits: SILENT if bits and differ == RULED_OUT else differ)


def _differ(first: tuple[Verdict, int], second: tuple[Verdict, int]) -> tuple[int, int, int]:
    """Whether a rule gives other reasons under one verdict, by what two versions of its edited part come to."""

    def named(verdict: Verdict) -> bool:
        one, two = (tests if found is verdict else 0 for found, tests in (first, second))
        return one != two

    fails = RULED_OUT if named(Verdict.FALSE) else SILENT
    alone = SILENT if first[0] is not second[0] or first[1] == second[1] else RULED_OUT if first[0] is Verdict.FALSE else SPEAKS
    # Where a rule is ruled out it names what fails, and where it is open what is: what holds is not told of then.
    still_open = Verdict.FALSE not in (first[0], second[0])
    return fails, SPEAKS if still_open and named(Verdict.UNKNOWN) else SILENT if still_open else alone, alone


def _differ_whatever_follows(told: Sequence[_Told], fails: int, others: int) -> bool | None:
    """Whether the reasons differ where some tests fail and others hold or are open; None where that depends on the rest."""
    if not all(side.ruled_out(fails) for side in told):
        return None
    first, second = (side.conjunctions for side in told)
    if [mask & ~others for mask in first] == [mask & ~others for mask in second]:
        return False
    # What fails in all alternatives of one version is named, and cannot be where no alternative of the other has it.
    alone = [reduce(and_, one) & ~told[0].named(reduce(or_, other)) for one, other in ((first, second), (second, first))]
    return True if fails & (alone[0] | alone[1]) else None


class _Told:
    """What one version's goal says, as bits over the tests: it chooses among alternatives as an answer does."""

    def __init__(self, kind: str, alternatives: Alternatives, by_field: Sequence[int], naming: int, twins: Sequence[int]) -> None:
        self.conjunctions = tuple(sorted(alternatives, key=lambda mask: (mask.bit_count(), mask)))
        self.kind, self.by_field, self.naming, self.twins = kind, tuple(by_field), naming, twins
        self.ruled_out = cache(self._ruled_out)

    def _ruled_out(self, fails: int) -> int:
        """The failing tests that rule the rule out; none while an alternative is left."""
        out = all(mask & fails for mask in self.conjunctions)
        found = smallest_failing(self.conjunctions, fails, self.by_field, self.naming) if out else 0
        return self.named(found)

    def named(self, tests: int) -> int:
        """The tests, each with those that are told in the same words."""
        return reduce(or_, (twins for twins in self.twins if tests & twins), tests)

    def reasons(self, fails: int, opens: int) -> tuple[Verdict, int]:
        """The verdict of the goal and the bits of the tests that its reasons name."""
        if failing := self.ruled_out(fails):
            return Verdict.FALSE, failing
        asked = fails | opens
        met = next((mask for mask in self.conjunctions if not mask & asked), None)
        if met is not None:
            return Verdict.TRUE, 0 if self.kind == "study" else self.named(met)
        open_tests = still_asked(self.conjunctions, ~asked, fails)
        # Of what is open the fields alone are named, but for a concept.
        return Verdict.UNKNOWN, open_tests if self.kind == "concept" else sum(f for f in self.by_field if f & open_tests)
