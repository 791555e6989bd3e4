"""Every proof of `check` held against going through all profiles one by one with the plain reading, on generated rulesets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from operator import and_
from random import Random

import pytest

from hepatica.assurance import RulesetVersion
from hepatica.assurance.check import CheckResult, check
from hepatica.evaluation import judged, precedence
from hepatica.inference import SCOPE, GoalKey, Verdict
from hepatica.knowledge import Rule, Therapy
from hepatica.patient import Facts, Interval, profile_from
from tests.assurance.brute import Brute
from tests.assurance.generated import a_ruleset, version
from tests.making import common_space, lies_in

FIELDS = ("bclc_stage", "child_pugh_class", "child_pugh_score", "afp", "cmet")
SEEDS = range(10)
PROVED = (
    "never-applies",
    "always-subsumed",
    "never-decides",
    "always-together",
    "no-option",
    "outside-trials",
    "unresolvable-unknown",
)


Told = Iterator[tuple[str, int]]


def applies(brute: Brute, rule: Rule) -> bool:
    return Verdict.TRUE in brute.of(rule)


def never_applies(brute: Brute) -> Told:
    yield from ((rule.id, 0) for rule in brute.ruleset.rules.values() if not applies(brute, rule))


def always_together(brute: Brute) -> Told:
    for therapy in brute.ruleset.therapies.values():
        for first, second in alike(brute, therapy):
            yield first.id, brute.of(second).count(Verdict.TRUE)


def alike(brute: Brute, therapy: Therapy) -> list[tuple[Rule, Rule]]:
    rules = sorted(therapy.rules, key=lambda rule: rule.id)
    pairs = [(a, b) for i, a in enumerate(rules) for b in rules[i + 1 :]]
    return [(a, b) for a, b in pairs if applies(brute, a) and brute.of(a) == brute.of(b)]


def silent(brute: Brute, *, shows_its_own: bool) -> Told:
    for therapy in brute.ruleset.therapies.values():
        rules = brute.ordered(therapy)
        deciding = set()
        for row in range(len(brute.profiles)):
            found = judged(rules, [brute.of(rule)[row] for rule in rules])
            if found.list != "ruled_out":
                deciding.add(rules[found.main].id)
        seconds = {second.id for _, second in alike(brute, therapy)}
        studies = brute.ruleset.studies
        for rule in therapy.rules:
            if applies(brute, rule) and rule.id not in deciding and rule.id not in seconds:
                stronger = [o for o in rules if precedence(o, studies) < precedence(rule, studies) and meets(brute, o, rule)]
                cited = {study for other in stronger for study in other.cites}
                if shows_its_own != cited.issuperset(rule.cites):
                    yield rule.id, brute.of(rule).count(Verdict.TRUE)


def meets(brute: Brute, first: Rule, second: Rule) -> bool:
    pairs = zip(brute.of(first), brute.of(second), strict=True)
    return any(one is two is Verdict.TRUE for one, two in pairs)


def unoffered(brute: Brute) -> list[int]:
    offered = [brute.of(rule) for rule in brute.ruleset.rules.values() if rule.reaches in ("options", "trials")]
    scope = brute.verdicts[SCOPE]
    rows = range(len(scope))
    return [row for row in rows if scope[row] is Verdict.TRUE and all(one[row] is Verdict.FALSE for one in offered)]


def no_option(brute: Brute) -> Told:
    if unoffered(brute):
        yield "", len(unoffered(brute))


def outside_trials(brute: Brute) -> Told:
    for rule in brute.ruleset.rules.values():
        stated = [brute.verdicts.get(GoalKey("study", name)) for name in rule.cites]
        populations = [one for one in stated if one is not None]
        held = rule.standing not in ("in_trial", "licensed", "not_supported", "unreported")
        if held and len(populations) == len(stated):
            rows = [row for row, verdict in enumerate(brute.of(rule)) if verdict is Verdict.TRUE]
            number = sum(all(one[row] is Verdict.FALSE for one in populations) for row in rows)
            if number:
                yield rule.id, number


def unresolvable(brute: Brute) -> Told:
    for rule in brute.ruleset.rules.values():
        rows = list(zip(brute.profiles, brute.of(rule), strict=True))
        met = [facts for facts, verdict in rows if verdict is Verdict.TRUE]
        complete = _completions(brute.profiles, met)
        number = sum(verdict is Verdict.UNKNOWN and not complete(facts) for facts, verdict in rows)
        if met and number:
            yield rule.id, number


def _completions(profiles: list[Facts], met: list[Facts]) -> Callable[[Facts], int]:
    """Which of `met` a profile may turn out to be, as bits: worked out for each value of each field, then joined."""
    tables: dict[str, dict[object, int]] = {}
    for name in profiles[0]:
        values = {facts[name] for facts in profiles}
        rows = {value: sum(1 << n for n, one in enumerate(met) if one[name] == value) for value in values}
        tables[name] = {value: sum(rows[other] for other in values if _may_be(value, other)) for value in values}
    return lambda facts: reduce(and_, (tables[name][value] for name, value in facts.items()))


def _may_be(value: object, other: object) -> bool:
    if isinstance(value, Interval):
        inside = isinstance(other, Interval) and value.low <= other.low and other.high <= value.high
        ends = isinstance(other, Interval) and (other.low > value.low or value.low_included or not other.low_included)
        above = isinstance(other, Interval) and (other.high < value.high or value.high_included or not other.high_included)
        return (inside and ends and above) or (isinstance(other, (int, float)) and lies_in(value, other))
    return value is None or value == other


BY_HAND: dict[str, Callable[[Brute], Told]] = {
    "never-applies": never_applies,
    "always-together": always_together,
    "always-subsumed": lambda brute: silent(brute, shows_its_own=False),
    "never-decides": lambda brute: silent(brute, shows_its_own=True),
    "no-option": no_option,
    "outside-trials": outside_trials,
    "unresolvable-unknown": unresolvable,
}


def a_version(seed: int) -> RulesetVersion:
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
def held() -> list[tuple[Brute, CheckResult]]:
    made = [a_version(seed) for seed in SEEDS]
    return [(Brute(one, common_space(one.program.tests)), check(one, ())) for one in made]


@pytest.mark.slow
@pytest.mark.parametrize("code", PROVED)
def test_a_proof_finds_what_going_through_every_profile_finds(code: str, held: list[tuple[Brute, CheckResult]]) -> None:
    met = 0
    for seed, (brute, report) in enumerate(held):
        told = [(f.names.get("rule", ""), f.profiles) for f in report.findings if f.code == code]
        assert sorted(told) == sorted(BY_HAND[code](brute)), f"seed {seed}"
        met += len(told)
    assert met, "no generated ruleset has this finding; the comparison means nothing"


@pytest.mark.slow
def test_where_rules_apply_is_counted_as_by_going_through_every_profile(held: list[tuple[Brute, CheckResult]]) -> None:
    for brute, report in held:
        for rule in brute.ruleset.rules.values():
            verdicts = brute.of(rule)
            told = report.applies[rule.id]
            certain, possible = verdicts.count(Verdict.TRUE), len(verdicts) - verdicts.count(Verdict.FALSE)
            assert (told.certain, told.possible) == (certain, possible)


@pytest.mark.slow
def test_the_witness_of_patients_who_get_nothing_has_the_fewest_known_fields(held: list[tuple[Brute, CheckResult]]) -> None:
    for brute, report in held:
        for finding in report.findings:
            if finding.code == "no-option" and finding.witness is not None:
                facts = profile_from(finding.witness).facts
                rows = unoffered(brute)
                assert _known(facts) == min(_known(brute.profiles[row]) for row in rows)
                assert facts in [brute.profiles[row] for row in rows]


def _known(facts: Facts) -> int:
    return sum(value is not None for value in facts.values())
