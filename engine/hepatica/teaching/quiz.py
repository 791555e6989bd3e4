"""A quiz: commit to an answer, then see it marked; at the end, what was missed by topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hepatica.evaluation import Evaluator
from hepatica.knowledge import ConceptTest, Condition, Ruleset, leaves
from hepatica.patient import FIELD_BY_NAME, Profile
from hepatica.teaching.pathway import LINES
from hepatica.teaching.quiz_cases import Case, Choice, Level
from hepatica.teaching.quiz_maker import cases

Topic = Literal["line", "biomarker", "trial", "fact"]
TOPICS: dict[Topic, str] = {
    "line": "Lines of treatment",
    "biomarker": "Biomarkers",
    "trial": "Trials",
    "fact": "Deciding facts",
}
MOST_CASES = 50


@dataclass(frozen=True, slots=True)
class Quiz:
    """The cases of one seed; `asked` is how many were asked for, which can be more than there are."""

    ruleset: Ruleset
    seed: int
    level: Level | None
    asked: int
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a learner commits to: therapies by id, the deciding facet by title, and whether the twist changes the options."""

    picks: frozenset[str]
    fact: str
    changes: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer held against its case. `right` and `wrong` are the choices judged rightly and wrongly."""

    case: Case
    answer: Answer
    right: tuple[Choice, ...]
    wrong: tuple[Choice, ...]

    @property
    def fact_right(self) -> bool:
        """Whether the deciding fact was named."""
        return self.answer.fact == self.case.deciding.title

    @property
    def twist_right(self) -> bool:
        """Whether the effect of the changed fact was seen."""
        return self.answer.changes == self.case.twist.changes

    @property
    def points(self) -> int:
        """One for each therapy judged rightly, one for the fact, one for the twist."""
        return len(self.right) + self.fact_right + self.twist_right

    @property
    def possible_points(self) -> int:
        """The most that can be had."""
        return len(self.case.choices) + 2


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a topic was asked about, and how often rightly answered."""

    topic: Topic
    name: str
    right: int
    asked: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a quiz; tallies with most misses first."""

    points: int
    possible_points: int
    tallies: tuple[Tally, ...]

    def missed(self, topic: Topic) -> tuple[Tally, ...]:
        """The tallies of a topic that were not always right."""
        return tuple(tally for tally in self.tallies if tally.topic == topic and tally.right < tally.asked)


def quiz(
    evaluator: Evaluator,
    patients: Sequence[Profile] = (),
    seed: int = 1,
    count: int = 5,
    level: Level | None = None,
    *,
    generate: bool = True,
) -> Quiz:
    """A quiz of at most `count` cases (1 to 50), the same for the same arguments.

    Up to a third are made from `patients`, the others are generated; without `generate` all are made from `patients`.
    """
    if not 1 <= count <= MOST_CASES:
        raise ValueError(f"a quiz has 1 to {MOST_CASES} cases")
    return Quiz(evaluator.ruleset, seed, level, count, cases(evaluator, patients, seed, count, level, generate=generate))


def mark(case: Case, answer: Answer) -> Marked:
    """The answer held against the case."""
    judged = [(choice, (choice.therapy.id in answer.picks) == choice.is_option) for choice in case.choices]
    return Marked(case, answer, tuple(c for c, right in judged if right), tuple(c for c, right in judged if not right))


def summary(ruleset: Ruleset, marks: Sequence[Marked]) -> Summary:
    """What was asked and missed, by topic."""
    tested = _biomarkers(ruleset)
    counts: dict[tuple[Topic, str], list[int]] = {}
    for marked in marks:
        for topic, name, right in _questions(ruleset, marked, tested):
            count = counts.setdefault((topic, name), [0, 0])
            count[0] += right
            count[1] += 1
    tallies = [Tally(topic, name, right, asked) for (topic, name), (right, asked) in counts.items()]
    order = list(TOPICS)
    ranked = sorted(tallies, key=lambda t: (order.index(t.topic), t.right - t.asked, t.name))
    return Summary(sum(m.points for m in marks), sum(m.possible_points for m in marks), tuple(ranked))


def _questions(ruleset: Ruleset, marked: Marked, tested: frozenset[str]) -> Iterator[tuple[Topic, str, bool]]:
    for choices, right in ((marked.right, True), (marked.wrong, False)):
        for choice in choices:
            rule = choice.entry.finding.rule
            yield "line", LINES[rule.line], right
            yield "trial", ruleset.studies[rule.cites[0]].name, right
            for name in sorted(_fields(ruleset, rule.when) & tested):
                yield "biomarker", FIELD_BY_NAME[name].title, right
    yield "fact", marked.case.deciding.title, marked.fact_right
    yield "fact", marked.case.twist.step.facet.title, marked.twist_right


def _biomarkers(ruleset: Ruleset) -> frozenset[str]:
    """The fields that some study of the ruleset names as a biomarker."""
    named = {name for study in ruleset.studies.values() for name in study.biomarkers}
    return frozenset(named & set(FIELD_BY_NAME))


def _fields(ruleset: Ruleset, condition: Condition) -> set[str]:
    found: set[str] = set()
    for leaf in leaves(condition):
        found |= _fields(ruleset, ruleset.concepts[leaf.concept].when) if isinstance(leaf, ConceptTest) else {leaf.field}
    return found
