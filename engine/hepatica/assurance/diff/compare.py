"""What an edit of the rules does: every region of the profile space in which an answer differs, and a proof of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, groupby, islice
from operator import or_
from typing import Any, NamedTuple, get_args

from hepatica.assurance.diff.edits import NOTES_MOVED, edits, moved, ordered, renamed_rules
from hepatica.assurance.diff.moves import moves
from hepatica.assurance.diff.reasons import RULED_OUT, ReasonDiffs, within_ruled_out
from hepatica.assurance.diff.result import AnswerChange, ChangeKind, RulesetEdit
from hepatica.assurance.space import (
    NOWHERE,
    OUTSIDE,
    SAID,
    Box,
    Boxes,
    Diagram,
    Diagrams,
    Limits,
    Node,
    Region,
    RegionMaker,
    ScopedSpace,
    TooManyParts,
    Verdicts,
    WorkLimit,
    count,
    described,
    diagram_of,
    intersect,
    maximal,
    space_of,
    subtract,
)
from hepatica.assurance.version import ABSENT, Placement, Progress, RuleRegions, RulesetVersion, Subject, placed_by
from hepatica.evaluation import owners, ways_in
from hepatica.inference import SCOPE, GoalKey
from hepatica.knowledge import Rule, Test
from hepatica.patient import Profile

_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
MOST_LOOKED_AT, MOST_TOLD, MOST_CLOSE = 200, 3, 16
_OF_SUBJECT: Mapping[str, ChangeKind] = {"scope": "scope", "study": "applicability", "concept": "concept", "note": "note"}


def _renamed(version: RulesetVersion, names: Mapping[str, str]) -> RulesetVersion:
    """The version with some rules (old id to new id) called otherwise."""
    goals = {
        GoalKey("rule", names.get(key.id, key.id)) if key.kind == "rule" else key: goal
        for key, goal in version.program.goals.items()
    }
    therapies = {
        name: replace(therapy, rules=tuple(replace(rule, id=names.get(rule.id, rule.id)) for rule in therapy.rules))
        for name, therapy in version.ruleset.therapies.items()
    }
    return RulesetVersion(replace(version.ruleset, therapies=therapies), replace(version.program, goals=goals))


class _Found(NamedTuple):
    """A change before it is described: its kind, where the subject stood and stands, and the diagram that has it."""

    kind: ChangeKind
    before: Placement
    after: Placement


_OTHER_REASONS = _Found("reasons", Placement("as before"), Placement("other reasons"))


class VersionComparison:
    """Two versions over the space cut at the thresholds of both and at further `cuts`, with so much `work`.

    A region is made once for each condition. Once `changes` is done, `same` is how many subjects are proved equal, and
    `unsettled` which have so many rules that this was not settled at a bounded cost.
    """

    def __init__(self, old: RulesetVersion, new: RulesetVersion, cuts: Iterable[Test], work: WorkLimit, *, brief: bool) -> None:
        self.renamed = renamed_rules(old.ruleset, new.ruleset)
        if self.renamed:
            old = _renamed(old, {before: after for after, before in self.renamed.items()})
        tests = (*old.program.tests, *new.program.tests, *cuts)
        self.old, self.new, self.brief = old, new, brief
        self.space = space_of(tests, old.fields.merged(new.fields.values()), work=work)
        self.same, self.unsettled = 0, list[str]()
        # Of two rulesets of their own an equal id does not make a rule the same one: what rules say is not held side by side.
        cards = old.ruleset.card, new.ruleset.card
        self.one_ruleset = cards[0].id == cards[1].id or any(card.extends for card in cards)
        self.titles = {name: field.title for name, field in self.space.fields.items()}
        self.maker = RegionMaker(self.space)
        self.versions = (old, new)
        self.regions = tuple(RuleRegions(version, self.maker) for version in self.versions)
        # Where no field and no concept changed, two conditions that are written alike mean the same.
        self.same_words = dict(old.fields) == dict(new.fields) and old.ruleset.concepts == new.ruleset.concepts

    def changes(self, progress: Progress | None) -> Iterator[AnswerChange]:
        """Every change of an answer, by subject, kind and size."""
        subjects = dict.fromkeys((*self.new.subjects(), *self.old.subjects()))
        for done, subject in enumerate(subjects):
            if progress:
                progress(done, len(subjects))
            self.space.work.renew()
            try:
                found = list(self._of_therapy(subject) if subject.kind == "therapy" else self._of_condition(subject))
            except TooManyParts:
                self.unsettled.append("/".join(filter(None, subject)))
                continue
            self.same += not found
            yield from sorted(found, key=lambda one: (_KINDS.index(one.kind), -one.known, -one.profiles, one.id))

    # Therapies

    def _of_therapy(self, subject: Subject) -> Iterator[AnswerChange]:
        """First where the therapy stands; then, where that is as before, what its rules say; then their reasons."""
        differing = self._differing_rules(subject)
        if not differing and self.old.knows(subject) == self.new.knows(subject):
            return
        near = self._near(subject, differing)
        # All rules of the therapy say in which order the axes are best asked for.
        every = [box for regions in near for region in regions.values() for box in region.possible]
        made = Diagrams(self.space, every, f"therapy {subject.id}")
        inside = self._inside(subject, made, differing)
        sides = [
            [(placed_by(rule), regions[rule.id]) for rule in version.in_order(subject.id)] if version.knows(subject) else None
            for version, regions in zip(self.versions, near, strict=True)
        ]
        stands = moves(made, inside, sides, _moved)
        yield from self._described(subject, Diagram(made, stands, f"therapy {subject.id}"), tuple(differing))
        if self.one_ruleset:
            yield from self._of_rules(subject, differing, made, stands)

    def _near(self, subject: Subject, differing: Iterable[str]) -> list[Mapping[str, Region]]:
        """The rules of a therapy, as far as one of those that differ may speak: elsewhere the therapy stands as before."""
        sides = zip(self.versions, self.regions, strict=True)
        found = [{rule.id: regions[rule.id] for rule in version.in_order(subject.id)} for version, regions in sides]
        close = maximal(box for name in differing for region in self._both(name) for box in region.possible)
        if len(close) > MOST_CLOSE or self.old.knows(subject) != self.new.knows(subject):
            return [*found]

        def cut(boxes: Boxes) -> Boxes:
            return tuple(maximal(intersect(self.space, boxes, close)))

        return [{name: Region(cut(one.certain), cut(one.possible)) for name, one in side.items()} for side in found]

    def _inside(self, subject: Subject, made: Diagrams, differing: Iterable[str]) -> Node:
        """Where the therapy may stand elsewhere: where a rule says something else, or anything if its turn is another one."""
        if self.old.knows(subject) != self.new.knows(subject):
            return made.within([self.space.full])
        in_both = self.old.ruleset.rules.keys() & self.new.ruleset.rules.keys()
        kept = ([rule for rule in version.in_order(subject.id) if rule.id in in_both] for version in self.versions)
        # Rules that decide alike may stand in any order.
        turns = [[(at, {rule.id for rule in rules}) for at, rules in groupby(side, placed_by)] for side in kept]
        changed = int.__ne__ if turns[0] == turns[1] else or_
        places = [made.combined([made.region(region) for region in self._both(name)], changed) for name in differing]
        return made.combined((made.joined(places),), lambda bits: None if bits else OUTSIDE)

    def _differing_rules(self, subject: Subject) -> list[str]:
        """The rules of a therapy whose condition, standing, verdict or turn to decide differs between the versions, by id."""
        old, new = ({rule.id: rule for rule in version.in_order(subject.id)} for version in self.versions)
        changed = {name for name in (*old, *new) if not self._as_before(old.get(name), new.get(name))}
        # A changed rule that has another turn moves no other: where it does not apply, they decide in the order that they had.
        kept = [[name for name in side if name not in changed] for side in (old, new)]
        return sorted(changed.union(name for pair in zip(*kept, strict=True) if pair[0] != pair[1] for name in pair))

    def _as_before(self, old: Rule | None, new: Rule | None) -> bool:
        """Whether a rule puts its therapy where it did, for the same reasons."""
        if old is None or new is None or (old.standing, old.verdict) != (new.standing, new.verdict):
            return False
        return self._alike(GoalKey("rule", new.id)) and (old.when == new.when or ordered(old.when) == ordered(new.when))

    def _alike(self, goal: GoalKey) -> bool:
        """Whether a goal has the same alternatives in both versions: of two conditions written alike that is seen at once."""
        first, second = (version.conditions.get(goal) for version in self.versions)
        if (first == second and self.same_words) or first is None or second is None:
            return first == second
        return self.old.meaning(goal) == self.new.meaning(goal)

    def _both(self, rule: str) -> tuple[Region, Region]:
        old, new = (r[rule] if rule in v.ruleset.rules else NOWHERE for v, r in zip(self.versions, self.regions, strict=True))
        return old, new

    def _of_rules(self, subject: Subject, differing: Sequence[str], made: Diagrams, stands: Node) -> Iterator[AnswerChange]:
        """Where the therapy stands as before, but one of its rules speaks otherwise, or an answer gives other reasons."""
        rules = [version.in_order(subject.id) for version in self.versions]
        therapy = list(dict.fromkeys(regions[one.id] for side, regions in zip(rules, self.regions, strict=True) for one in side))
        # What a therapy that is ruled out would take: one way for each of these rules, with the standing that it leads to.
        ways = [{side[n].id: side[n].standing for n in ways_in(side)} for side in rules]
        moved = tuple(name for name in differing if ways[0].get(name) != ways[1].get(name))
        if moved and self.old.knows(subject) and self.new.knows(subject):
            told = within_ruled_out(made, made.leaf(RULED_OUT), therapy)
            shown = made.combined((told,), lambda differ: differ == RULED_OUT)
            yield from self._described(subject, Diagram(made, shown, f"therapy {subject.id}"), moved)
        # Of many rules that differ it would take long to say where none of the others speaks: why they fail is told everywhere.
        few = len(differing) <= MOST_CLOSE
        for name in differing:
            yield from self._of_rule(subject, name, made, stands)
            if name in self.old.ruleset.rules and name in self.new.ruleset.rules:
                shown = name in ways[0] and name not in moved
                found = self.reasons.of(GoalKey("rule", name), (therapy if few else ()) if shown else None)
                if found is not None:
                    yield from self._described(subject, found, (name,))

    def _of_rule(self, subject: Subject, name: str, made: Diagrams, stands: Node) -> Iterator[AnswerChange]:
        one = Subject("rule", name)

        def judge(moved: _Found | None, *bits: int) -> _Found | None:
            was, now = (version.word(one, SAID[found]) for version, found in zip(self.versions, bits, strict=True))
            quiet = {was.place, now.place} <= {ABSENT, "does not apply"}
            return None if moved or was == now or quiet else _Found("other rules", was, now)

        speaks = made.combined((stands, *map(made.region, self._both(name))), judge)
        yield from self._described(subject, Diagram(made, speaks, f"rule {name}"), (name,))

    @cached_property
    def reasons(self) -> ReasonDiffs:
        """The reasons that both versions give."""
        return ReasonDiffs(self.old, self.new, self.maker)

    # Everything else

    def _of_condition(self, subject: Subject) -> Iterator[AnswerChange]:
        """Scope, concepts, notes, and whom cited studies enrolled, where an answer shows them."""
        if self._same(subject):
            return
        regions = [self.maker.region(version.conjunctions(subject.goal)) for version in self.versions]

        def judge(verdicts: Verdicts) -> _Found | None:
            before, after = self.old.word(subject, verdicts[0]), self.new.word(subject, verdicts[1])
            hidden = {before.place, after.place} <= {ABSENT, "not shown"}
            return None if before == after or hidden else _Found(_OF_SUBJECT[subject.kind], before, after)

        inside = self._where_cited(subject.id) if subject.kind == "study" else [self.space.full]
        if inside:
            diagram = diagram_of(self.space, regions, judge, " ".join(subject), inside=inside)
            yield from self._described(subject, diagram, ())
            stated = all(subject.goal in version.program.goals for version in self.versions)
            if (
                stated
                and subject.kind in ("concept", "study")
                and (found := self.reasons.of(subject.goal, (), inside)) is not None
            ):
                yield from self._described(subject, found, ())

    def _same(self, subject: Subject) -> bool:
        return self.old.knows(subject) == self.new.knows(subject) and self._alike(subject.goal)

    def _where_cited(self, study: str) -> list[Box]:
        """Where an answer of both versions shows a study: where a rule that cites it applies or may."""
        shown = [
            [box for rule in version.citing.get(study, ()) for box in regions[rule.id].possible]
            for version, regions in zip(self.versions, self.regions, strict=True)
        ]
        return intersect(self.space, *shown) if shown[0] != shown[1] else shown[0]

    # Describing

    def _described(self, subject: Subject, whole: Diagram[Any], rules: tuple[str, ...]) -> Iterator[AnswerChange]:
        """The changes that a diagram has: of its outcomes, None and False are no change, True other reasons."""
        diagram = whole.without([self.impossible]) if self.impossible else whole
        there = diagram.outcomes()
        for outcome in filter(None, whole.outcomes()):
            if outcome in there:
                yield self._told(
                    subject, outcome if isinstance(outcome, _Found) else _OTHER_REASONS, whole, diagram, outcome, rules
                )

    def _told(
        self, subject: Subject, found: _Found, whole: Diagram[Any], diagram: Diagram[Any], outcome: object, rules: tuple[str, ...]
    ) -> AnswerChange:
        known = diagram.count(outcome, known=True)
        witness = self._witness(diagram, outcome)
        untold = self.brief and not known
        who, in_part = ((), False) if untold else self._who(subject, whole, outcome, known_only=bool(known))
        return AnswerChange(
            kind=found.kind,
            subject=subject.kind,
            id=subject.id,
            name=self._name(subject),
            before=found.before,
            after=found.after,
            profiles=diagram.count(outcome),
            known=known,
            who=who,
            in_part=in_part,
            rules=rules,
            witness=witness.as_document(),
            titles=self.titles,
            diagram=diagram,
            outcome=outcome,
        )

    def _witness(self, diagram: Diagram[Any], outcome: object) -> Profile:
        """A patient of the region with few known facts, who is read as the facts stand: what they imply of others is in them."""
        boxes = islice(chain((diagram.witness(outcome),), diagram.where(outcome)), MOST_LOOKED_AT)
        found = (Profile(self.space.expected(box), fields=self.space.fields) for box in boxes)
        first = next(found)
        return next((one for one in chain((first,), found) if one.under(one.fields).facts == one.facts), first)

    def _who(
        self, subject: Subject, diagram: Diagram[Any], outcome: object, *, known_only: bool
    ) -> tuple[tuple[Limits, ...], bool]:
        """A region in words, and whether it is told in part: of one with thousands of parts some large ones stand for all."""
        scoped = self.scoped if subject.kind != "scope" else None
        parts = diagram.split(outcome)
        if parts is not None:
            return described(self.space, scoped, *parts, known_only=known_only), False
        met = list(islice(diagram.where(outcome), MOST_LOOKED_AT))
        known = [box for box in met if self.space.known(box)]
        boxes = sorted(known or met, key=self.space.known if known else self.space.count, reverse=True)
        return described(self.space, scoped, boxes[:MOST_TOLD], None, known_only=bool(known)), True

    def _name(self, subject: Subject) -> str:
        named = {**self.old.ruleset.therapies, **self.new.ruleset.therapies} if subject.kind == "therapy" else {}
        studies = {**self.old.ruleset.studies, **self.new.ruleset.studies} if subject.kind == "study" else {}
        found = named.get(subject.id) or studies.get(subject.id)
        return found.name if found is not None else subject.id

    @cached_property
    def impossible(self) -> list[Box]:
        """Profiles that nobody has: a fact is not known that another one implies, as it is filled in when a patient is read."""
        axes = {name: self.space.axes[at] for name, at in self.space.axis_of.items()}
        listed = {name: field for name, field in self.space.fields.items() if name in axes and field.kind != "number"}
        found = []
        for name, field in listed.items():
            for one in (each for each in field.implied if each.value and each.field in listed):
                box = self.space.full
                for asked, holds in ((name, lambda value: value is None), (one.field, one.holds)):
                    place = [each.name for each in axes[asked].fields].index(asked)
                    groups = (axes[asked].group(point) for point in range(axes[asked].size))
                    points = ([axes[asked].entry(cells)[place] for cells in group] for group in groups)
                    side = sum(all(map(holds, point)) << n for n, point in enumerate(points))
                    box = self.space.replaced(box, self.space.axis_of[asked], side)
                found += [box] if all(box) else []
        return found

    @cached_property
    def scoped(self) -> ScopedSpace | None:
        """The space with the scope as an axis, where both versions have the same scope."""
        unchanged = self._same(Subject("scope"))
        return ScopedSpace(self.space, self.maker.region(self.new.conjunctions(SCOPE))) if unchanged else None

    # Edits

    def edits_seen(self) -> list[RulesetEdit]:
        """What was written otherwise, by who sees it."""
        renamed = [
            RulesetEdit(area="rule", action="renamed", what=after, part="id", before=before, after=after)
            for after, before in self.renamed.items()
        ]
        return [self._seen(edit) for edit in (*renamed, *edits(self.old.ruleset, self.new.ruleset))]

    def _seen(self, edit: RulesetEdit) -> RulesetEdit:
        """The edit with the profiles whose answers show what it changes, and the therapies concerned.

        A change of a condition is no text: where it shows, it is among the changes. But an answer also says by which concept a
        condition is met, which fields a trial's criteria are about, and when a note is shown.
        """
        kind, part = self._kind_of(edit), edit.part.partition(".")[0].partition("[")[0]
        # The list of therapies shows only where its order alone differs: of another therapy the changes tell.
        reordered = {*self.old.ruleset.card.therapies} == {*self.new.ruleset.card.therapies}
        card_shown = (*_CARD_SHOWN, "therapies") if reordered else _CARD_SHOWN
        rules: tuple[str, ...] = ()
        boxes: list[Box] = []
        if kind == "rule" and edit.part and part not in _RULE_SILENT:
            rules = (edit.what,)
        elif kind == "study" and self._told_of_study(edit.what, part, edit.part):
            rules = self._citing(edit.what)
        elif edit.part == "when" and self._by_concept(kind, edit.what):
            rules, boxes = ((edit.what,), []) if kind == "rule" else ((), [self.space.full])
        elif kind == "reference":
            rules = self._dated_by(edit.what) if edit.part == "year" else ()
            heading = any(edit.what in version.ruleset.card.sources for version in self.versions)
            boxes = [self.space.full] if heading and edit.part == "citation" else []
        elif kind == "note" and edit.part:
            boxes = self._where_noted([edit.what])
        elif edit.part == NOTES_MOVED:
            boxes = self._where_noted(note.id for note in moved(self.old.ruleset.notes, self.new.ruleset.notes)[0])
        elif edit.area == "fields":
            # Of two answers to the same words, both proved right, one may be to a patient who was read otherwise.
            boxes = [self.space.full] if part not in _FIELD_SILENT and (edit.part or edit.action == "removed") else []
        elif kind == "card" and part == "out_of_scope":
            boxes = subtract(self.space, [self.space.full], self.maker.region(self.new.conjunctions(SCOPE)).certain)
        elif (kind == "therapy" and part == "name") or (kind == "card" and part in card_shown):
            boxes = [self.space.full]
        boxes += [box for name in rules for region in self._both(name) for box in region.possible]
        owner = {**self.old.ruleset.owners, **self.new.ruleset.owners}
        concerned = tuple(dict.fromkeys(owner[name].id for name in rules)) or ((edit.what,) if kind == "therapy" else ())
        return replace(edit, profiles=count(self.space, boxes) if boxes else 0, therapies=concerned)

    def _told_of_study(self, study: str, part: str, path: str) -> bool:
        """Whether an answer that cites a study shows a part of it; of whom it enrolled it shows which fields that is told by."""
        if part in ("population", "criteria") and (path.endswith(".when") or "." not in path):
            goal = GoalKey("study", study)
            read = [{test.field for tests in version.conjunctions(goal) for test in tests} for version in self.versions]
            return read[0] != read[1]
        return part.removesuffix(" (order)") in _STUDY_SHOWN and not _STUDY_BESIDE.search(path)

    def _citing(self, study: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rule.id for version in self.versions for rule in version.citing.get(study, ())))

    def _by_concept(self, kind: str, name: str) -> bool:
        """Whether an unchanged condition of a rule or a concept is met or missed by another concept than before, or by none."""
        goal = GoalKey("rule" if kind == "rule" else "concept", name)
        if kind not in ("rule", "concept") or any(goal not in v.program.goals for v in self.versions) or not self._alike(goal):
            return False
        told = [
            {v.program.tests[n]: concept for n, concept in owners(v.program.goals[goal], v.program, v.conditions[goal]).items()}
            for v in self.versions
        ]
        return told[0] != told[1]

    def _dated_by(self, reference: str) -> tuple[str, ...]:
        """The rules that cite a study of which that reference is a later report: its year is told with the figures."""
        found: dict[str, None] = {}
        for version in self.versions:
            for study, rules in version.citing.items():
                known = version.ruleset.studies[study].discrepancies
                if any(one.kind == "later_report" and one.source and one.source.ref == reference for one in known):
                    found |= dict.fromkeys(rule.id for rule in rules)
        return tuple(found)

    def _where_noted(self, notes: Iterable[str]) -> list[Box]:
        """Where either version shows one of some notes; one without a condition is shown with every answer."""
        goals = [GoalKey("note", name) for name in notes]
        if any(goal not in version.program.goals for goal in goals for version in self.versions):
            return [self.space.full]
        return [box for goal in goals for v in self.versions for box in self.maker.region(v.conjunctions(goal)).certain]

    def _kind_of(self, edit: RulesetEdit) -> str:
        """The kind of thing that was edited, also where the edit is of its text or figures."""
        if edit.area in ("reference", "omission"):
            return edit.area
        for kind in ("rule", "study", "therapy", "concept", "note"):
            known = any(edit.what in version.known[kind] for version in self.versions)
            if known and edit.area in (kind, "text", "figure"):
                return kind
        return "card"


_RULE_SILENT = ("when", "standing", "verdict", "therapy")
_STUDY_SHOWN = (
    "name", "kind", "status", "design", "source", "phase", "n", "nct", "primary_endpoints", "approval", "later", "arms",
    "results", "discrepancies", "reference",
)  # fmt: skip
_STUDY_BESIDE = re.compile(
    r"^arms\[[^]]*\]\.(?!name)|^primary_endpoints\[[^]]*\]\.(says|lines|secondary)|^approval\.(accelerated|withdrawn)"
)
"""Parts of an arm, an endpoint or an approval that the page of the study has and no answer."""
_FIELD_SILENT = ("help", "nature")
_CARD_SHOWN = ("as_of", "out_of_scope", "source", "sources", "source_word", "companion", "companion_says", "title")


def _moved(before: Placement, after: Placement) -> _Found:
    kind: ChangeKind = "list" if before.place != after.place else "standing" if before.standing != after.standing else "verdict"
    return _Found(kind, before, after)
