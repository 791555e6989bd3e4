"""The findings that need no space: what is recorded and never used, and standings that the printed figures do not bear out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hepatica.assurance.check.findings import CheckFinding, finding
from hepatica.assurance.space import sum_or
from hepatica.assurance.version import RulesetVersion
from hepatica.inference import GoalKey, conditions_of
from hepatica.knowledge import STANDINGS, ConceptTest, Condition, figure_findings, leaves


def standing_not_borne_out(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Options whose studies report nothing; an announcement needs no figures."""
    studies = version.ruleset.studies
    for rule in version.ruleset.rules.values():
        backing = [study for name in rule.cites if STANDINGS[rule.standing].borne_out_by(study := studies[name])]
        silent = not any(study.results or study.status == "announced" for study in backing)
        if rule.standing in ("standard", "positive_phase_3", "early_signal") and silent:
            place = version.ruleset.places.get(f"rule/{rule.id}", "")
            why = f"{', '.join(study.id for study in backing)} reports no result"
            yield finding("standing-not-borne-out", place, rule=rule.id, standing=STANDINGS[rule.standing].phrase, why=why)


def against_figures(version: RulesetVersion) -> Iterator[CheckFinding]:
    """What figures say against each other, against their endpoint, or against a sentence."""
    for one in figure_findings(version.ruleset):
        yield finding(one.code, one.place, about=one.about.partition("/")[2], says=one.says)


def uncited(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Statements given as the source's own without their place in it."""
    ruleset = version.ruleset
    for concept in ruleset.concepts.values():
        if concept.basis == "source" and not (concept.lines or concept.source):
            yield finding("uncited", ruleset.places.get(f"concept/{concept.id}", ""), what=f"concept {concept.id}")
    for rule in ruleset.rules.values():
        for position, caveat in enumerate(rule.caveats, 1):
            if caveat.basis == "source" and not (caveat.lines or caveat.source):
                what = f"caveat {position} of the rule {rule.id}"
                yield finding("uncited", ruleset.places.get(f"rule/{rule.id}", ""), what=what)


def unused_concept(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Concepts that nothing refers to, directly or through another used one."""
    conditions = conditions_of(version.ruleset)
    open_ = [when for key, when in conditions.items() if key.kind != "concept"]
    used: set[str] = set()
    while open_:
        # From what is asked downwards: a concept that only an unused one names is unused, too.
        for name in _concepts_in(open_.pop()) - used:
            used.add(name)
            open_.append(conditions[GoalKey("concept", name)])
    for name in version.ruleset.concepts:
        if name not in used:
            yield finding("unused-concept", version.ruleset.places.get(f"concept/{name}", ""), concept=name)


def _concepts_in(condition: Condition) -> set[str]:
    return {leaf.concept for leaf in leaves(condition) if isinstance(leaf, ConceptTest)}


def unused_field(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Fields of the card, or of the ruleset's own, that no goal reads (a concept that nothing uses does not count)."""
    program = version.program
    read = sum_or(goal.tests for key, goal in program.goals.items() if key.kind != "concept")
    names = {test.field for index, test in enumerate(program.tests) if read >> index & 1}
    for name in version.ruleset.card.fields or version.fields:
        if name not in names:
            yield finding("unused-field", "", field=name)


def unused_study(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Studies of this tumour that no rule cites and no regimen names."""
    ruleset = version.ruleset
    used = {*version.citing, *(regimen.study for therapy in ruleset.therapies.values() for regimen in therapy.regimens)}
    for study in ruleset.studies.values():
        if study.tumour == ruleset.card.tumour and study.id not in used:
            yield finding("unused-study", ruleset.places.get(f"study/{study.id}", ""), study=study.id)


RECORDED: tuple[Callable[[RulesetVersion], Iterator[CheckFinding]], ...] = (
    standing_not_borne_out,
    against_figures,
    uncited,
    unused_concept,
    unused_field,
    unused_study,
)
