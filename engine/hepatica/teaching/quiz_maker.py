"""Makes quiz cases from patients: what to judge, which fact decides, and a changed fact to think about.

A therapy is a right answer only where a rule whose standing rests on results (or an approval) applies for certain. One that
such a rule may still reach is not asked about: it is neither right nor wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, islice, zip_longest
from typing import Literal, NamedTuple

from hepatica.evaluation import LISTS, Evaluation, Evaluator, headed
from hepatica.inference import GoalKey
from hepatica.knowledge import ESTABLISHED, RANK, Rule, Ruleset
from hepatica.patient import Facts, Profile, Value
from hepatica.teaching.quiz import JudgedChoice, Quiz, QuizCase, QuizChoice, QuizFact, QuizKey, QuizQuestion, QuizTwist
from hepatica.teaching.quiz_patients import TOLERATED, Level, QuizPatients, implausible, level_of, not_known, vignette
from hepatica.wording import Wording, all_of, sentence

CHOICES, FACTS = 6, 4
_FEWEST_CHOICES, _MOST_RIGHT = 4, 3
_ATTEMPTS = 120
# The levels in the order in which a quiz of all levels takes them, so that nobody begins with the hardest.
_MIXED: tuple[Level, ...] = ("easy", "easy", "medium", "easy", "medium", "hard")
# One case in three of the easy level is first line.
_FIRST_EVERY = 3
# Facts that belong together; and those that are not asked about, since every drug hangs on them and they teach nothing.
_TOGETHER = dict.fromkeys(("child_pugh_class", "child_pugh_score"), "Child-Pugh class and score")
_HISTORY = "Prior treatment"
_NOT_ASKED = ("bclc_stage", "ecog", "locoregional_suitable", "extrahepatic_spread", "portal_vein_invasion")
_BEFORE_SIGNALS = (*ESTABLISHED, "licensed", "not_supported")
# How often, where there is a choice, what was given before is asked about, and not a test, a region or the like.
_HISTORY_SHARE: dict[Level, float] = {"easy": 0.6, "medium": 0.4, "hard": 0.2}


class Backing(NamedTuple):
    """The therapies that a set of facts backs for certain, the strongest rule that does, and those that it may back."""

    certain: frozenset[str]
    maybe: frozenset[str]
    strongest: Rule | None


Origin = Literal["patient", "generated"]
Turns = dict[str, list[tuple[Facts, Backing]]]


def quiz(
    evaluator: Evaluator, patients: Sequence[Profile] = (), seed: int = 1, count: int = 5, level: Level | None = None
) -> Quiz:
    """A quiz of at most `count` cases (1 to 50): the first cases of the seed's endless row, which is the same for every count.

    `patients` are asked about where they fit the level, between generated ones.
    """
    # Each level has a row and a chance of its own, so that how many cases are asked for, or of which levels, shifts none.
    rows = {name: _Row(evaluator, patients, seed, name).cases() for name in dict.fromkeys(_MIXED)}
    found = islice(rows[level] if level else _mixed(rows), count)
    cases = tuple(replace(case, question=replace(case.question, number=number)) for number, case in enumerate(found, 1))
    rules = evaluator.ruleset
    return Quiz(**headed(rules), seed=seed, level=level, asked=count, cases=cases, knowledge=rules)


def _mixed(rows: dict[Level, Iterator[QuizCase]]) -> Iterator[QuizCase]:
    """Cases of all levels in a fixed rhythm; a level that has no more is passed over."""
    ended: set[Level] = set()
    while len(ended) < len(rows):
        for level in _MIXED:
            if case := next(rows[level], None):
                yield case
            else:
                ended.add(level)


class _Row:
    def __init__(self, evaluator: Evaluator, patients: Sequence[Profile], seed: int, level: Level) -> None:
        self.evaluator, self.level = evaluator, level
        self.ruleset = evaluator.ruleset
        self.chance = random.Random(f"hepatica quiz {seed} {level}")
        self.patients = QuizPatients(self.ruleset, level, self.chance)
        self.waiting = [profile for profile in patients if self._of_level(profile)]
        self.chance.shuffle(self.waiting)
        self.facts = tuple(_facts(self.ruleset))
        # The rules that back a therapy by results, strongest first, with their conjunctions. Supportive care teaches nothing.
        ranked = sorted(self.ruleset.rules_with_therapy(), key=lambda pair: RANK[pair[1].standing])
        backing = [(therapy.id, rule) for therapy, rule in ranked if rule.is_option and rule.standing != "supportive"]
        self.rules = [(name, rule, evaluator.program.goals[GoalKey("rule", rule.id)].mask) for name, rule in backing]
        self.words = Wording(evaluator.ruleset)
        self.told: set[str] = set()
        self.asked: set[tuple[str, str]] = set()
        self.seen: set[object] = set()

    def _of_level(self, profile: Profile) -> bool:
        """Whether a given patient belongs here: one complication is no hindrance to an easy case that somebody wrote for it."""
        own = level_of(self.patients.complications(profile))
        believed = not profile.warnings and not implausible(profile.facts, profile.fields)
        return believed and ("easy" if own == "medium" else own) == self.level

    def cases(self) -> Iterator[QuizCase]:
        for position in count():
            first = self.level == "easy" and position % _FIRST_EVERY == 0
            if not (case := self._next(first_line=first) or (self._next(first_line=False) if first else None)):
                return
            yield case

    def _next(self, *, first_line: bool) -> QuizCase | None:
        """The next case: every other one about a given patient, as long as there are any."""
        for profile in list(self.waiting) if len(self.seen) % 2 == 0 else ():
            if case := self._case(profile, "patient", first_line=first_line):
                self.waiting.remove(profile)
                return case
        drawn = (self.patients.draw() for _ in range(_ATTEMPTS))
        cases = (self._case(profile, "generated", first_line=first_line) for profile in drawn if profile)
        return next((case for case in cases if case), None)

    def _case(self, profile: Profile, origin: Origin, *, first_line: bool) -> QuizCase | None:
        """The case of a patient; None where it would be trivial, a repetition, of another line, or for a beginner no textbook."""
        backing = self._backing(profile.facts)
        best = backing.strongest
        if best is None or (first_line and best.line != "first") or (self.level == "easy" and best.standing not in ESTABLISHED):
            return None
        return _Asked(self, self.evaluator.evaluate(profile), backing, origin).case()

    def _backing(self, facts: Facts) -> Backing:
        masks = self.evaluator.program.masks(facts)
        certain = [(therapy, rule) for therapy, rule, mask in self.rules if masks.certain & mask]
        names = frozenset(therapy for therapy, _ in certain)
        maybe = frozenset(therapy for therapy, _, mask in self.rules if masks.possible & mask) - names
        return Backing(names, maybe, certain[0][1] if certain else None)

    def turns(self, facts: Facts) -> Turns:
        """For each fact that is known, every plausible change of it and what is backed then."""
        return {
            fact.title: [
                (moved, self._backing(moved)) for moved in self.patients.changes(fact.fields, facts) if _changed(moved, facts)
            ]
            for fact in self.facts
            if any(facts[name] is not None for name in fact.fields)
        }


def _changed(facts: Facts, other: Facts) -> list[tuple[str, Value]]:
    # What is not known of one of them is no fact: whether a drug was tolerated that was never taken.
    known = ((name, value) for name, value in facts.items() if value is not None is not other[name])
    return [(name, value) for name, value in known if value != other[name]]


def _facts(ruleset: Ruleset) -> Iterator[QuizFact]:
    """The facts that may be asked about: those that the rules read, what was given before as one."""
    together: dict[str, list[str]] = {_HISTORY: []}
    for name in ruleset.used_fields:
        field = ruleset.fields[name]
        history = field.nature == "history" or name == TOLERATED
        if name not in _NOT_ASKED:
            together.setdefault(_HISTORY if history else _TOGETHER.get(name, field.title), []).append(name)
    return (QuizFact(title=title, fields=tuple(names)) for title, names in together.items() if names)


class _Asked:
    def __init__(self, row: _Row, found: Evaluation, backing: Backing, origin: Origin) -> None:
        self.row, self.found, self.backing, self.origin = row, found, backing, origin
        self.facts = found.profile.facts
        self.fields = row.ruleset.fields
        self.turns = row.turns(self.facts)
        self.entries = {entry.therapy: (name, entry) for name in LISTS for entry in getattr(found, name)}

    def case(self) -> QuizCase | None:
        choices = self._choices()
        focus = self._focus(choices)
        if focus is None:
            return None
        facts, twist = self._offered(*focus), self._twist(focus[1])
        signature = (*focus, self.backing.certain)
        if len(facts) < FACTS - 1 or twist is None or signature in self.row.seen:
            return None
        self.row.seen.add(signature)
        return QuizCase(question=self._question(choices, focus[0], facts, twist[0]), key=self._key(choices, focus, twist))

    def _choices(self) -> list[str]:
        """Up to three backed therapies, the strongest among them, beside others: near misses and failed drugs by turns."""
        # How many are backed varies, so that counting is no answer.
        chance = self.row.chance
        right = [name for name in self.entries if name in self.backing.certain]
        strongest = next(entry.therapy for entry in self.found.options if entry.therapy in right)
        others = self._shuffled([name for name in right if name != strongest])
        chosen = [strongest, *others[: chance.randint(0, _MOST_RIGHT - 1)]]
        askable = filter(self._askable, self.entries)
        wrong = self._shuffled([name for name in askable if name not in right and name not in self.backing.maybe])
        failed = [name for name in wrong if self.entries[name][0] == "not_supported"]
        near = [name for name in wrong if name not in failed and self._turning(name)]
        rest = [name for name in wrong if name not in failed and name not in near]
        by_turns = [name for pair in zip_longest(near, failed) for name in pair if name]
        chosen += [*by_turns, *rest][: CHOICES - len(chosen)]
        return [name for name in self.row.ruleset.therapies if name in chosen]

    def _shuffled(self, names: list[str]) -> list[str]:
        """In any order; in hard cases those first that a test decides about."""
        self.row.chance.shuffle(names)
        hard = self.row.level == "hard"
        return sorted(names, key=lambda name: not (hard and any(self._nature(title) == "test" for title in self._turning(name))))

    def _askable(self, name: str) -> bool:
        """Whether a therapy makes a fair wrong answer: somebody reported on it, and it is no supportive care."""
        rules = self.row.ruleset.therapies[name].rules
        return self.entries[name][0] in ("not_supported", "ruled_out", "trials") and any(
            rule.reaches in ("options", "not_supported") and rule.standing != "supportive" for rule in rules
        )

    def _turning(self, therapy: str) -> dict[str, Facts]:
        """The facts that turn a therapy by themselves, each with the first changed patient in whom it is turned."""
        was = therapy in self.backing.certain
        turned: dict[str, Facts] = {}
        for title, moves in self.turns.items():
            for moved, found in moves:
                if (therapy in found.certain) != was and therapy not in found.maybe:
                    turned.setdefault(title, moved)
        return turned

    def _focus(self, choices: list[str]) -> tuple[str, str] | None:
        """The therapy asked about and the fact that decides; None where nothing does, or the choices are too few or all alike."""
        pairs = [(name, title) for name in choices for title in self._turning(name)]
        if not pairs or len(choices) < _FEWEST_CHOICES or set(choices) <= self.backing.certain:
            return None
        chance = self.row.chance
        if self.row.level == "easy":
            # A beginner is asked about what is established, as a success or as a failure, before any signal.
            pairs = [pair for pair in pairs if self.entries[pair[0]][1].standing in _BEFORE_SIGNALS] or pairs
        wanted = chance.random() < _HISTORY_SHARE[self.row.level]
        preferred = [pair for pair in pairs if (self._nature(pair[1]) == "history") == wanted] or pairs
        # What has been asked about before, of another patient, only where there is nothing else.
        chosen = chance.choice([pair for pair in preferred if pair not in self.row.asked] or preferred)
        self.row.asked.add(chosen)
        return chosen

    def _nature(self, title: str) -> str:
        fact = next(fact for fact in self.row.facts if fact.title == title)
        return self.fields[fact.fields[0]].nature

    def _offered(self, therapy: str, deciding: str) -> tuple[QuizFact, ...]:
        """The deciding fact among others that no rule of the therapy reads."""
        # What a rule reads may turn the therapy at a value that no case is made with (a Child-Pugh class C), so that a learner
        # who names it would be right.
        rules = self.row.ruleset.therapies[therapy].rules
        read = {test.field for test in self.row.ruleset.tests(*(rule.when for rule in rules))}
        wrong = [fact.title for fact in self.row.facts if fact.title != deciding and not read & {*fact.fields}]
        self.row.chance.shuffle(wrong)
        chosen = (deciding, *wrong[: FACTS - 1])
        return tuple(fact for fact in self.row.facts if fact.title in chosen)

    def _twist(self, deciding: str) -> tuple[QuizTwist, Backing] | None:
        """One other fact changed; as often one that changes what is backed as one that does not."""
        moves = [(title, moved, backing) for title in self.turns if title != deciding for moved, backing in self.turns[title]]
        settled = [move for move in moves if not move[2].maybe - self.backing.maybe]
        wanted = self.row.chance.random() < 0.5
        preferred = [move for move in settled if (move[2].certain != self.backing.certain) == wanted] or settled
        if not preferred:
            return None
        title, moved, backing = self.row.chance.choice(preferred)
        was, becomes = self._told(self.facts, moved), self._told(moved, self.facts)
        question = f"Suppose {becomes} instead of {was}. Would the list of backed therapies change?"
        return QuizTwist(title=title, was=was, becomes=becomes, question=question), backing

    def _where(self, moved: Facts) -> str:
        return all_of([self.row.words.where(name, value) for name, value in _changed(moved, self.facts)])

    def _told(self, facts: Facts, other: Facts) -> str:
        return all_of([self.row.words.fact(name, value) for name, value in _changed(facts, other)])

    def _question(self, choices: list[str], focus: str, facts: tuple[QuizFact, ...], twist: QuizTwist) -> QuizQuestion:
        therapies = self.row.ruleset.therapies
        found = self.row.patients.complications(self.found.profile)
        name = therapies[focus].name
        return QuizQuestion(
            number=0,
            origin=self.origin,
            level=self.row.level,
            because=tuple(says for says, _ in found),
            profile=self.found.profile,
            vignette=vignette(self.row.ruleset, self.found.profile),
            not_known=not_known(self.row.ruleset, self.found.profile),
            choices=tuple(QuizChoice(therapy=one, name=therapies[one].name, synonyms=therapies[one].synonyms) for one in choices),
            focus=focus,
            facts=facts,
            fact_question=f"Which fact, were it different, would change this answer about {name}?",
            twist=twist,
        )

    def _key(self, choices: list[str], focus: tuple[str, str], twist: tuple[QuizTwist, Backing]) -> QuizKey:
        therapies = self.row.ruleset.therapies
        judged = tuple(self._judged(name) for name in choices)
        after = twist[1].certain
        moved = self._turning(focus[0])[focus[1]]
        verdict = "would no longer be backed" if focus[0] in self.backing.certain else "would be backed"
        return QuizKey(
            picks=tuple(choice.therapy for choice in judged if choice.backed),
            choices=judged,
            lesson=self._lesson(judged),
            fact=focus[1],
            fact_says=f"{sentence(self._where(moved))}, {therapies[focus[0]].name} {verdict}.",
            changes=after != self.backing.certain,
            gained=tuple(therapy.name for name, therapy in therapies.items() if name in after - self.backing.certain),
            lost=tuple(therapy.name for name, therapy in therapies.items() if name in self.backing.certain - after),
        )

    def _lesson(self, judged: Sequence[JudgedChoice]) -> str:
        """The strongest evidence for a choice; where an earlier case has told that, the strongest against one."""
        strongest = min((choice for choice in judged if choice.backed), key=lambda choice: RANK[choice.standing])
        failed = [choice for choice in judged if choice.list == "not_supported"]
        told = next((choice for choice in (strongest, *failed) if choice.says not in self.row.told), strongest)
        self.row.told.add(told.says)
        return told.evidence

    def _judged(self, therapy: str) -> JudgedChoice:
        list_name, entry = self.entries[therapy]
        turning = list(self._turning(therapy).values())
        return JudgedChoice(
            therapy=therapy,
            name=entry.name,
            backed=therapy in self.backing.certain,
            list=list_name,
            line=entry.line,
            standing=entry.standing,
            says=entry.says,
            headline=entry.headline.text,
            studies=tuple(citation.study for citation in entry.citations),
            turned=self._where(turning[0]) if turning else "",
        )
