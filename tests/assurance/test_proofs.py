"""Every proof of `check` held against going through all profiles one by one with the plain reading, on generated rulesets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from random import Random

import pytest

from hepatica.assurance.answers.version import Version, finding_of
from hepatica.assurance.check.check import Report, check
from hepatica.assurance.space.axes import consistent, space_of
from hepatica.evaluation import judged
from hepatica.inference import SCOPE, Verdict, conditions_of, read
from hepatica.knowledge import Rule, Ruleset, Therapy
from hepatica.patient import Facts, facts_of
from tests.assurance.generated import a_ruleset, version

FIELDS = ("bclc_stage", "child_pugh_class", "child_pugh_score", "afp", "cmet")
SEEDS = range(60)
PROVED = (
    "never-applies",
    "always-subsumed",
    "never-decides",
    "always-together",
    "no-option",
    "outside-trials",
    "unresolvable-unknown",
)


@dataclass(frozen=True)
class Brute:
    """Every profile of a ruleset's space with the plain verdict of every condition, and findings read off them."""

    version: Version

    @property
    def ruleset(self) -> Ruleset:
        return self.version.ruleset

    @cached_property
    def profiles(self) -> list[Facts]:
        axes = space_of(self.version.program.tests).axes
        names = [field.name for axis in axes for field in axis.fields]
        every = product(*([entry for point in axis.points for entry in point] for axis in axes))
        return [facts_of(consistent(dict(zip(names, sum(entries, ()), strict=True)))) for entries in every]

    @cached_property
    def verdicts(self) -> dict[str, list[Verdict]]:
        concepts = {concept.id: concept.when for concept in self.ruleset.concepts.values()}
        return {
            name: [read(when, facts, concepts) for facts in self.profiles] for name, when in conditions_of(self.ruleset).items()
        }

    def of(self, rule: Rule) -> list[Verdict]:
        return self.verdicts[f"rule/{rule.id}"]

    def applies(self, rule: Rule) -> bool:
        return Verdict.TRUE in self.of(rule)

    def never_applies(self) -> Iterator[tuple[str, int]]:
        yield from ((rule.id, 0) for rule in self.ruleset.rules.values() if not self.applies(rule))

    def always_together(self) -> Iterator[tuple[str, int]]:
        for therapy in self.ruleset.therapies.values():
            for first, second in self.twins(therapy):
                yield first.id, self.of(second).count(Verdict.TRUE)

    def twins(self, therapy: Therapy) -> list[tuple[Rule, Rule]]:
        pairs = [(a, b) for i, a in enumerate(therapy.rules) for b in therapy.rules[i + 1 :]]
        return [(a, b) for a, b in pairs if self.applies(a) and self.of(a) == self.of(b)]

    def silent(self, *, shows_its_own: bool) -> Iterator[tuple[str, int]]:
        for therapy in self.ruleset.therapies.values():
            deciding = [self._decides(therapy, position) for position in range(len(self.profiles))]
            seconds = {second.id for _, second in self.twins(therapy)}
            for rule in therapy.rules:
                if self.applies(rule) and rule.id not in deciding and rule.id not in seconds:
                    before = {name for name, v in zip(deciding, self.of(rule), strict=True) if v is Verdict.TRUE}
                    cited = {study for name in before for study in self.ruleset.rules[name].cites}
                    if shows_its_own != cited.issuperset(rule.cites):
                        yield rule.id, self.of(rule).count(Verdict.TRUE)

    def _decides(self, therapy: Therapy, position: int) -> str:
        entry = judged(therapy, [finding_of(rule, self.of(rule)[position]) for rule in therapy.rules])
        return "" if entry.finding.reaches == "ruled_out" else entry.finding.rule.id

    def no_option(self) -> Iterator[tuple[str, int]]:
        offered = [self.of(rule) for rule in self.ruleset.rules.values() if rule.standing != "not_supported"]
        rows = range(len(self.profiles))
        scope = self.verdicts[SCOPE]
        number = sum(scope[row] is Verdict.TRUE and all(one[row] is Verdict.FALSE for one in offered) for row in rows)
        if number:
            yield "", number

    def outside_trials(self) -> Iterator[tuple[str, int]]:
        for rule in self.ruleset.rules.values():
            stated = [self.verdicts.get(f"population/{name}") for name in rule.cites]
            populations = [one for one in stated if one is not None]
            if rule.standing == "not_supported" or rule.extrapolates or len(populations) < len(stated):
                continue
            rows = [row for row, verdict in enumerate(self.of(rule)) if verdict is Verdict.TRUE]
            number = sum(all(one[row] is Verdict.FALSE for one in populations) for row in rows)
            if number:
                yield rule.id, number

    def unresolvable(self) -> Iterator[tuple[str, int]]:
        for rule in self.ruleset.rules.values():
            met = [facts for facts, verdict in zip(self.profiles, self.of(rule), strict=True) if verdict is Verdict.TRUE]
            rows = zip(self.profiles, self.of(rule), strict=True)
            open_ = [facts for facts, verdict in rows if verdict is Verdict.UNKNOWN]
            number = sum(not any(_completes(facts, other) for other in met) for facts in open_)
            if met and number:
                yield rule.id, number


def _completes(facts: Facts, other: Facts) -> bool:
    return all(value is None or value == other[name] for name, value in facts.items())


BY_HAND: dict[str, Callable[[Brute], Iterator[tuple[str, int]]]] = {
    "never-applies": Brute.never_applies,
    "always-together": Brute.always_together,
    "always-subsumed": lambda brute: brute.silent(shows_its_own=False),
    "never-decides": lambda brute: brute.silent(shows_its_own=True),
    "no-option": Brute.no_option,
    "outside-trials": Brute.outside_trials,
    "unresolvable-unknown": Brute.unresolvable,
}


def a_version(seed: int) -> Version:
    """A generated ruleset; its first therapy's last rule cites a study of its own, or comes a second time."""
    random = Random(seed)
    made = a_ruleset(random, therapies=2, most_rules=4, fields=FIELDS)
    name, therapy = next(iter(made.therapies.items()))
    last = therapy.rules[-1]
    if seed % 3:
        own = replace(therapy.studies[0], id="own-study")
        rules = (*therapy.rules[:-1], replace(last, cites=("own-study",)))
        changed = replace(therapy, studies=(*therapy.studies, own), rules=rules)
    else:
        changed = replace(therapy, rules=(*therapy.rules, replace(last, id="twin")))
    return version(replace(made, therapies={**made.therapies, name: changed}))


@pytest.fixture(scope="module")
def held() -> list[tuple[Brute, Report]]:
    made = [a_version(seed) for seed in SEEDS]
    return [(Brute(one), check(one, ())) for one in made]


@pytest.mark.parametrize("code", PROVED)
def test_a_proof_finds_what_going_through_every_profile_finds(code: str, held: list[tuple[Brute, Report]]) -> None:
    met = 0
    for seed, (brute, report) in enumerate(held):
        told = [(f.names.get("rule", ""), f.profiles) for f in report.findings if f.code == code]
        assert sorted(told) == sorted(BY_HAND[code](brute)), f"seed {seed}"
        met += len(told)
    assert met, "no generated ruleset has this finding; the comparison means nothing"


def test_where_rules_apply_is_counted_as_by_going_through_every_profile(held: list[tuple[Brute, Report]]) -> None:
    for brute, report in held:
        for rule in brute.ruleset.rules.values():
            verdicts = brute.of(rule)
            assert report.applies[rule.id] == (verdicts.count(Verdict.TRUE), len(verdicts) - verdicts.count(Verdict.FALSE))


def test_the_witness_of_patients_who_get_nothing_has_the_fewest_known_fields(held: list[tuple[Brute, Report]]) -> None:
    for brute, report in held:
        for finding in report.findings:
            if finding.code == "no-option" and finding.witness is not None:
                offered = [brute.of(rule) for rule in brute.ruleset.rules.values() if rule.standing != "not_supported"]
                scope = brute.verdicts[SCOPE]
                rows = [
                    row
                    for row in range(len(scope))
                    if scope[row] is Verdict.TRUE and all(one[row] is Verdict.FALSE for one in offered)
                ]
                assert _known(finding.witness) == min(_known(brute.profiles[row]) for row in rows)
                assert finding.witness in [brute.profiles[row] for row in rows]


def _known(facts: Facts) -> int:
    return sum(value is not None for value in facts.values())
