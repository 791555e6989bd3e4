"""The findings that need no space: what is recorded and never used, and standings that the printed figures do not bear out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hepatica.assurance.answers.version import Version
from hepatica.assurance.check.findings import Finding
from hepatica.inference import conditions_of
from hepatica.knowledge import DEMANDS, ConceptTest, Condition, Result, Rule, Ruleset, Study, leaves, number
from hepatica.patient import FIELDS

_NEEDS_NO_RESULT = ("regulatory_approval", "review_statement", "trial_in_progress")
_SIGNIFICANT = 0.05


def standing_not_borne_out(version: Version) -> Iterator[Finding]:
    """Rules whose studies report nothing, or figures against the standing."""
    ruleset = version.ruleset
    for rule in ruleset.rules.values():
        why = _against(rule, ruleset)
        if why:
            names = {"rule": rule.id, "standing": rule.standing, "why": why}
            yield Finding("standing-not-borne-out", names, ruleset.places.get(f"rule/{rule.id}", ""))


def _against(rule: Rule, ruleset: Ruleset) -> str:
    """What the figures say against a rule's standing; empty where they do not."""
    cited = [ruleset.studies[name] for name in rule.cites]
    backing = [study for study in cited if DEMANDS[rule.standing].borne_out_by(study)]
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
    own = [result for result in study.results if result.endpoint in met and not result.subgroup]
    verdicts = [_shows_difference(result) for result in own]
    if True not in verdicts:
        yield from (result for result, verdict in zip(own, verdicts, strict=True) if verdict is False)


def _shows_difference(result: Result) -> bool | None:
    """Whether the interval or P of a result tells the arms apart; None where neither is given."""
    if result.ci is not None:
        return not result.ci[0] <= 1 <= result.ci[1]
    p = number(result.p)
    return None if p is None else p < _SIGNIFICANT


def uncited(version: Version) -> Iterator[Finding]:
    """Statements given as the source's own without their lines."""
    ruleset = version.ruleset
    for concept in ruleset.concepts.values():
        if concept.basis == "source" and not concept.lines:
            yield Finding("uncited", {"what": f"concept {concept.id}"}, ruleset.places.get(f"concept/{concept.id}", ""))
    for rule in ruleset.rules.values():
        for position, caveat in enumerate(rule.caveats, 1):
            if caveat.basis == "source" and not caveat.lines:
                what = f"caveat {position} of the rule {rule.id}"
                yield Finding("uncited", {"what": what}, ruleset.places.get(f"rule/{rule.id}", ""))


def unused_concept(version: Version) -> Iterator[Finding]:
    """Concepts that nothing refers to, directly or through another used one."""
    ruleset = version.ruleset
    used = _used_concepts(ruleset)
    for name in ruleset.concepts:
        if name not in used:
            yield Finding("unused-concept", {"concept": name}, ruleset.places.get(f"concept/{name}", ""))


def _used_concepts(ruleset: Ruleset) -> set[str]:
    conditions = conditions_of(ruleset)
    open_ = [when for name, when in conditions.items() if not name.startswith("concept/")]
    used: set[str] = set()
    while open_:
        for name in _concepts_in(open_.pop()) - used:
            used.add(name)
            open_.append(conditions[f"concept/{name}"])
    return used


def _concepts_in(condition: Condition) -> set[str]:
    return {leaf.concept for leaf in leaves(condition) if isinstance(leaf, ConceptTest)}


def unused_field(version: Version) -> Iterator[Finding]:
    """Fields that no goal reads (a concept that nothing uses does not count)."""
    read = {
        version.program.tests[index].field
        for name, goal in version.program.goals.items()
        if not name.startswith("concept/")
        for index in range(len(version.program.tests))
        if goal.tests >> index & 1
    }
    for field in FIELDS:
        if field.name not in read:
            yield Finding("unused-field", {"field": field.name}, "")


def unused_study(version: Version) -> Iterator[Finding]:
    """Studies of this tumour that no rule cites and no regimen names."""
    ruleset = version.ruleset
    cited = {name for rule in ruleset.rules.values() for name in rule.cites}
    cited |= {regimen.study for therapy in ruleset.therapies.values() for regimen in therapy.regimens}
    for study in ruleset.studies.values():
        if study.tumour == "hcc" and study.id not in cited:
            yield Finding("unused-study", {"study": study.id}, ruleset.places.get(f"study/{study.id}", ""))


KNOWLEDGE_CHECKS: tuple[Callable[[Version], Iterator[Finding]], ...] = (
    standing_not_borne_out,
    uncited,
    unused_concept,
    unused_field,
    unused_study,
)
