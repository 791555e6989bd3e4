"""Quiz cases: a profile with the therapies to judge, the fact that decides, and a changed fact to think about."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from engine.evaluation.evaluate import Evaluator
from engine.evaluation.model import Entry, Evaluation, ListName
from engine.explain.facets import Facet, State, label
from engine.explain.whatif import Change, Step, WhatIf, moved_profile, step_to, what_if
from engine.knowledge.ruleset import Therapy
from engine.profile.contradictions import doubts
from engine.profile.model import Profile
from engine.teaching.quiz_profiles import Profiles, nearly_met, plausible

Level = Literal["easy", "medium", "hard"]
LEVELS: dict[Level, tuple[int, int]] = {"easy": (3, 10), "medium": (11, 20), "hard": (21, 1000)}
CHOICES, FACTS = 6, 4
_OPTIONS_SHOWN = 3
_ATTEMPTS = 150
_TELLING = 8

Turns = dict[str, list[Change]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A therapy to judge; `near` is the change of one fact that would turn the answer, where there is one."""

    therapy: Therapy
    list: ListName
    entry: Entry
    near: Change | None

    @property
    def is_option(self) -> bool:
        """The right answer."""
        return self.list == "options"


@dataclass(frozen=True, slots=True)
class Twist:
    """One fact changed: the options that come and go."""

    step: Step
    evaluation: Evaluation
    gained: tuple[Therapy, ...]
    lost: tuple[Therapy, ...]

    @property
    def changes(self) -> bool:
        """Whether the options change: the right answer."""
        return bool(self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `facts` are offered as the deciding one for `focus`; only `deciding` turns it by itself.

    `nearly` is how many rules are one fact away from applying: the measure of difficulty.
    """

    number: int
    origin: Literal["patient", "generated"]
    evaluation: Evaluation
    choices: tuple[Choice, ...]
    focus: Choice
    facts: tuple[Facet, ...]
    deciding: Facet
    turn: Change
    twist: Twist
    nearly: int

    @property
    def level(self) -> Level:
        """The difficulty by the number of rules nearly met."""
        return level_of(self.nearly)

    @property
    def profile(self) -> Profile:
        """The patient."""
        return self.evaluation.profile


def level_of(nearly: int) -> Level:
    """The level of a number of nearly met rules."""
    return next((name for name, (_, high) in LEVELS.items() if nearly <= high), "hard")


def cases(
    evaluator: Evaluator, patients: Sequence[Profile], seed: int, count: int, level: Level | None = None, *, generate: bool = True
) -> tuple[Case, ...]:
    """At most `count` cases, the same for the same arguments: some from `patients`, the others generated."""
    chance = random.Random(f"hepatica quiz {seed}")
    shipped = list(patients)
    chance.shuffle(shipped)
    maker = _Maker(evaluator, chance, level)
    share = -(-count // 3) if generate else count
    found = list(islice(maker.from_patients(shipped), share))
    if generate:
        found += islice(maker.generated(), count - len(found))
    chance.shuffle(found)
    return tuple(replace(case, number=number) for number, case in enumerate(found, 1))


class _Maker:
    """Makes cases that are neither trivial nor repeated."""

    def __init__(self, evaluator: Evaluator, chance: random.Random, level: Level | None) -> None:
        self.evaluator = evaluator
        self.chance = chance
        self.level = level
        self.profiles = Profiles(evaluator, chance)
        self.seen: set[object] = set()

    def from_patients(self, patients: Sequence[Profile]) -> Iterator[Case]:
        for profile in patients:
            case = self._case("patient", profile, "")
            if case is not None:
                yield case

    def generated(self) -> Iterator[Case]:
        misses = 0
        for rule, profile in self.profiles:
            therapy = next(t.id for t in self.evaluator.ruleset.therapies.values() if rule in t.rules)
            case = self._case("generated", profile, therapy)
            if case is not None:
                misses = 0
                yield case
            else:
                misses += 1
                if misses > _ATTEMPTS:
                    return

    def _case(self, origin: Literal["patient", "generated"], profile: Profile, wanted: str) -> Case | None:
        nearly = len(nearly_met(self.evaluator, self.profiles.facets, profile.facts))
        low = LEVELS["easy"][0] if self.level is None else LEVELS[self.level][0]
        if nearly < low or (self.level is not None and nearly > LEVELS[self.level][1]) or self._class(profile) in self.seen:
            return None
        found = what_if(self.evaluator, profile)
        if found.evaluation.scope != "in":
            return None
        turns = _turns(found)
        focus = self._focus(found, turns, wanted)
        if focus is None:
            return None
        asked = self._facts(turns, focus)
        choices = self._choices(found, turns, focus)
        if asked is None or choices is None:
            return None
        deciding, facts = asked
        twist = self._twist(found, deciding)
        if twist is None:
            return None
        signature = (focus.therapy.id, focus.list, deciding.title, twist.step.facet.title)
        if signature in self.seen:
            return None
        self.seen |= {signature, self._class(profile)}
        turn = _particular(turns, focus.therapy.id)
        return Case(0, origin, found.evaluation, choices, focus, facts, deciding, turn, twist, nearly)

    def _class(self, profile: Profile) -> object:
        """What the rules can see of a profile: two cases never share it."""
        return tuple(t.classes.class_of(profile.facts[t.classes.field.name]) for t in self.evaluator.program.tables)

    def _focus(self, found: WhatIf, turns: Turns, wanted: str) -> Choice | None:
        """The therapy asked about: the wanted one or another, where a fact turns it that does not turn all the others."""
        names = sorted({change.therapy.id for changes in turns.values() for change in changes if _teaches(change)})
        telling = [name for name in names if len(turns[_particular(turns, name).steps[0].facet.title]) <= _TELLING]
        pool = telling or names
        return _choice(found, turns, wanted if wanted in pool else self.chance.choice(pool)) if pool else None

    def _facts(self, turns: Turns, focus: Choice) -> tuple[Facet, tuple[Facet, ...]] | None:
        """The most particular of the deciding facts among facts that do not decide."""
        decides = {title for title, changes in turns.items() if any(c.therapy is focus.therapy for c in changes)}
        facets = self.profiles.facets
        title = _particular(turns, focus.therapy.id).steps[0].facet.title
        right = next(facet for facet in facets if facet.title == title)
        wrong = [facet for facet in facets if facet.title not in decides]
        if len(wrong) < FACTS - 1:
            return None
        self.chance.shuffle(wrong)
        wrong.sort(key=lambda facet: not turns.get(facet.title))
        chosen = {right.title, *(facet.title for facet in wrong[: FACTS - 1])}
        return right, tuple(facet for facet in facets if facet.title in chosen)

    def _choices(self, found: WhatIf, turns: Turns, focus: Choice) -> tuple[Choice, ...] | None:
        """The focus, some options, and therapies that are none: near misses and failed trials first."""
        every = [_choice(found, turns, t.id) for t in found.evaluation.ruleset.therapies.values()]
        rest = [c for c in every if c.therapy is not focus.therapy and c.entry.finding.rule.standing != "supportive"]
        self.chance.shuffle(rest)
        right = [c for c in rest if c.is_option]
        wrong = sorted((c for c in rest if not c.is_option), key=lambda c: 0 if c.near else 1 if c.list == "not_supported" else 2)
        room = _OPTIONS_SHOWN - focus.is_option
        chosen = [focus, *right[:room]]
        chosen += wrong[: CHOICES - len(chosen)]
        shown = {c.therapy.id for c in chosen}
        if len(chosen) < CHOICES or len({c.is_option for c in chosen}) < 2:
            return None
        return tuple(c for c in every if c.therapy.id in shown)

    def _twist(self, found: WhatIf, revealed: Facet) -> Twist | None:
        """One known fact changed without contradiction; as often one that changes the options as one that does not."""
        facets = [facet for facet in self.profiles.facets if facet is not revealed]
        twists = [twist for facet in facets for twist in self._twists(found, facet)]
        changing = [twist for twist in twists if twist.changes]
        staying = [twist for twist in twists if not twist.changes]
        pool = changing if self.chance.random() < 0.5 else staying
        pool = pool or changing or staying
        return self.chance.choice(pool) if pool else None

    def _twists(self, found: WhatIf, facet: Facet) -> Iterator[Twist]:
        profile = found.evaluation.profile
        if facet.open_in(profile.facts):
            return
        states = [s for s in facet.moves(profile.facts) if plausible(s) and not _same(profile, facet, s)]
        if not states:
            return
        state = self.chance.choice(states)
        step = step_to(facet, (state,), profile.facts)
        changed = moved_profile(profile, (step,))
        if doubts(changed.facts):
            return
        after = self.evaluator.evaluate(changed)
        before = {entry.therapy.id for entry in found.evaluation.options}
        now = {entry.therapy.id for entry in after.options}
        gained = tuple(entry.therapy for entry in after.options if entry.therapy.id not in before)
        lost = tuple(entry.therapy for entry in found.evaluation.options if entry.therapy.id not in now)
        yield Twist(step, after, gained, lost)


def _same(profile: Profile, facet: Facet, state: State) -> bool:
    """Whether a state reads like the present one (an amount within the same limits is no change to a learner)."""
    now = facet.now(profile.facts)
    unseen = (now.certain, now.possible) == (state.certain, state.possible)
    measured = facet.fields[0].kind in ("number", "integer")
    return (unseen and measured) or label(facet, (state,)) == label(facet, (now,)) or state.values == now.values


def _single(change: Change) -> bool:
    return len(change.steps) == 1


def _teaches(change: Change) -> bool:
    """Supportive care is open to everyone and teaches nothing about evidence."""
    return any(rule.standing != "supportive" for rule in change.therapy.rules)


def _turns(found: WhatIf) -> Turns:
    """For each facet, the therapies that it turns by itself."""
    turns: Turns = {}
    for change in found.changes:
        if _single(change):
            own = turns.setdefault(change.steps[0].facet.title, [])
            if all(other.therapy is not change.therapy for other in own):
                own.append(change)
    return turns


def _turning(turns: Turns, therapy: str) -> list[Change]:
    return [change for changes in turns.values() for change in changes if change.therapy.id == therapy]


def _particular(turns: Turns, therapy: str) -> Change:
    """Of the facts that turn a therapy, the one that turns the fewest others."""
    return min(_turning(turns, therapy), key=lambda change: len(turns[change.steps[0].facet.title]))


def _choice(found: WhatIf, turns: Turns, therapy: str) -> Choice:
    name, entry = found.evaluation.entry(therapy)
    near = _particular(turns, therapy) if _turning(turns, therapy) else None
    return Choice(entry.therapy, name, entry, near)
