"""Makes quiz cases from profiles: what to judge, which fact decides, and a changed fact to think about."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from hepatica.evaluation import Entry, Evaluator
from hepatica.explain.facets import Facet, State, label
from hepatica.explain.whatif import Change, WhatIf, moved_profile, step_to, what_if
from hepatica.patient import Profile, doubts
from hepatica.teaching.quiz_cases import LEVELS, Case, Choice, Level, Origin, Twist
from hepatica.teaching.quiz_profiles import Profiles, nearly_met, plausible

CHOICES, FACTS = 6, 4
_FEWEST_OPTIONS, _MOST_OPTIONS = 1, 4
_ATTEMPTS = 150
_TELLING = 8

Turns = dict[str, list[Change]]


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

    def _case(self, origin: Origin, profile: Profile, wanted: str) -> Case | None:
        """The case of a profile; None where it would be trivial, a repetition, or of another level."""
        nearly = len(nearly_met(self.evaluator, self.profiles.facets, profile.facts))
        if not self._fits(nearly) or self._class(profile) in self.seen:
            return None
        found = what_if(self.evaluator, profile)
        case = self._asked(origin, nearly, found, wanted) if found.evaluation.scope == "in" else None
        if case is None:
            return None
        signature = (case.focus.therapy.id, case.focus.list, case.deciding.title, case.twist.step.facet.title)
        if signature in self.seen:
            return None
        self.seen |= {signature, self._class(profile)}
        return case

    def _fits(self, nearly: int) -> bool:
        """Whether a number of nearly met rules is of the wanted level, or of any."""
        low, high = LEVELS[self.level] if self.level else (LEVELS["easy"][0], LEVELS["hard"][1])
        return low <= nearly <= high

    def _asked(self, origin: Origin, nearly: int, found: WhatIf, wanted: str) -> Case | None:
        """The questions about a patient; None where one of them cannot be asked."""
        turns = _turns(found)
        focus = self._focus(found, turns, wanted)
        if focus is None:
            return None
        turn = _particular(turns, _turning(turns, focus.therapy.id))
        focus = replace(focus, near=turn)
        deciding = next(facet for facet in self.profiles.facets if facet.title == turn.steps[0].facet.title)
        facts = self._facts(turns, focus, deciding)
        choices = self._choices(found, turns, focus)
        twist = self._twist(found, deciding)
        if not facts or not choices or twist is None:
            return None
        return Case(0, origin, found.evaluation, choices, focus, facts, deciding, turn, twist, nearly)

    def _class(self, profile: Profile) -> object:
        """What the rules can see of a profile: two cases never share it."""
        return tuple(t.classes.class_of(profile.facts[t.classes.field.name]) for t in self.evaluator.program.tables)

    def _focus(self, found: WhatIf, turns: Turns, wanted: str) -> Choice | None:
        """The therapy asked about: the wanted one or another, where a fact turns it that does not turn all the others."""
        names = sorted({change.therapy.id for changes in turns.values() for change in changes if _teaches(change)})
        telling = [
            name for name in names if len(turns[_particular(turns, _turning(turns, name)).steps[0].facet.title]) <= _TELLING
        ]
        pool = telling or names
        return _choice(found, turns, wanted if wanted in pool else self.chance.choice(pool)) if pool else None

    def _facts(self, turns: Turns, focus: Choice, deciding: Facet) -> tuple[Facet, ...]:
        """The deciding fact among others that do not decide; empty where there are too few of those."""
        decides = {title for title, changes in turns.items() if any(c.therapy is focus.therapy for c in changes)}
        wrong = [facet for facet in self.profiles.facets if facet.title not in decides]
        if len(wrong) < FACTS - 1:
            return ()
        self.chance.shuffle(wrong)
        wrong.sort(key=lambda facet: not turns.get(facet.title))
        chosen = {deciding.title, *(facet.title for facet in wrong[: FACTS - 1])}
        return tuple(facet for facet in self.profiles.facets if facet.title in chosen)

    def _choices(self, found: WhatIf, turns: Turns, focus: Choice) -> tuple[Choice, ...]:
        """The focus, some options, and therapies that are none: near misses and failed trials first; empty if too few.

        How many are options varies, so that counting is no answer.
        """
        therapies = found.evaluation.ruleset.therapies.values()
        every = [focus if therapy is focus.therapy else _choice(found, turns, therapy.id) for therapy in therapies]
        rest = [c for c in every if c.therapy is not focus.therapy and c.entry.finding.rule.standing != "supportive"]
        self.chance.shuffle(rest)
        right = [c for c in rest if c.is_option]
        wrong = sorted((c for c in rest if not c.is_option), key=lambda c: 0 if c.near else 1 if c.list == "not_supported" else 2)
        room = self.chance.randint(_FEWEST_OPTIONS, _MOST_OPTIONS) - focus.is_option
        chosen = [focus, *right[:room]]
        chosen += wrong[: CHOICES - len(chosen)]
        shown = {c.therapy.id for c in chosen}
        if len(chosen) < CHOICES or len({c.is_option for c in chosen}) < 2:
            return ()
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


def _particular(turns: Turns, changes: list[Change]) -> Change:
    """Of the facts that turn a therapy, the one that turns the fewest others."""
    return min(changes, key=lambda change: len(turns[change.steps[0].facet.title]))


def _choice(found: WhatIf, turns: Turns, therapy: str) -> Choice:
    name, entry = found.evaluation.entry(therapy)
    return Choice(entry.therapy, name, entry, _near(turns, entry))


def _near(turns: Turns, entry: Entry) -> Change | None:
    """The change of one fact that turns a therapy: of a fact that blocks it, where such a one does."""
    blocking = {reason.field for reason in entry.finding.blocked_by}
    own = _turning(turns, entry.therapy.id)
    blocked = [change for change in own if blocking & {field.name for field in change.steps[0].facet.fields}]
    return _particular(turns, blocked or own) if own else None
