"""The findings that need no space: what is recorded and never used, and standings that the printed figures do not bear out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from hepatica.assurance.check.findings import CheckFinding, finding
from hepatica.assurance.space import sum_or
from hepatica.assurance.version import RulesetVersion
from hepatica.inference import GoalKey, conditions_of
from hepatica.knowledge import STANDINGS, ConceptTest, Condition, Result, Rule, Ruleset, Study, leaves, number

_NEEDS_NO_RESULT = ("regulatory_approval", "review_statement", "trial_in_progress")
_SIGNIFICANT = 0.05


def standing_not_borne_out(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Rules whose studies report nothing, or figures against the standing."""
    ruleset = version.ruleset
    for rule in ruleset.rules.values():
        why = _against(rule, ruleset)
        if why:
            place = ruleset.places.get(f"rule/{rule.id}", "")
            yield finding("standing-not-borne-out", place, rule=rule.id, standing=STANDINGS[rule.standing].phrase, why=why)


def _against(rule: Rule, ruleset: Ruleset) -> str:
    """What the figures say against a rule's standing; empty where they do not."""
    cited = [ruleset.studies[name] for name in rule.cites]
    backing = [study for study in cited if STANDINGS[rule.standing].borne_out_by(study)]
    if rule.standing in ("in_trial", "supportive", "licensed") or any(_excused(study) for study in backing):
        return ""
    if rule.standing != "not_supported" and not any(study.results for study in backing):
        return f"{', '.join(study.id for study in backing)} reports no result"
    contradicted = [f"{study.id}/{result.id}" for study in backing for result in _not_met(study)]
    return f"{', '.join(contradicted)} shows no difference on the endpoint recorded as met" if contradicted else ""


def _excused(study: Study) -> bool:
    """Whether a study of that kind or status can back a standing without figures."""
    return study.kind in _NEEDS_NO_RESULT or (study.status == "announced" and not study.results)


def _not_met(study: Study) -> Iterator[Result]:
    """The results on a primary endpoint recorded as met whose figures say otherwise, unless another one bears it out."""
    met = {word for endpoint in study.primary_endpoints if endpoint.met == "yes" for word in endpoint.name.split()}
    margins = {word: e.margin for e in study.primary_endpoints if e.margin is not None for word in e.name.split()}
    own = [
        replace(result, margin=result.margin or margins.get(result.endpoint))
        for result in study.results
        if result.endpoint in met and not result.subgroup
    ]
    verdicts = [_shows_difference(result) for result in own]
    if True not in verdicts:
        yield from (result for result, verdict in zip(own, verdicts, strict=True) if verdict is False)


def _shows_difference(result: Result) -> bool | None:
    """Whether the interval or P of a result tells the arms apart; None where neither is given."""
    if result.ci is not None:
        low, high = result.ci
        return not low <= 1 <= high or (result.margin is not None and high <= result.margin)
    p = number(result.p)
    return None if p is None else p < _SIGNIFICANT


def failed_evidence(version: RulesetVersion) -> Iterator[CheckFinding]:
    """Options whose studies all missed the endpoint they were designed on."""
    studies = version.ruleset.studies
    for rule in version.ruleset.rules.values():
        tried = [study for name in rule.cites if (study := studies[name]).kind not in _NEEDS_NO_RESULT and study.primary_endpoints]
        others = [name for name in rule.cites if studies[name] not in tried]
        if rule.is_option and tried and not rule.figure and not others and all(study.outcome == "missed" for study in tried):
            place = version.ruleset.places.get(f"rule/{rule.id}", "")
            yield finding("failed-evidence", place, rule=rule.id, studies=", ".join(study.id for study in tried))


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
    failed_evidence,
    uncited,
    unused_concept,
    unused_field,
    unused_study,
)
