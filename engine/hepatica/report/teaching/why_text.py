"""`explain` as text: each rule's condition as a tree with the patient's values, then the trials' populations and figures."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.explain.why import Branch, RuleWhy, StudyWhy, Why, words
from hepatica.inference import Verdict
from hepatica.knowledge import DEMANDS, Discrepancy, Study, Toxicity, level_of
from hepatica.notice import notice
from hepatica.report.figures import grade, line, shown
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging, wrapped

_MARK = {Verdict.TRUE: "[yes]", Verdict.FALSE: "[NO] ", Verdict.UNKNOWN: "[?]  "}
_SAYS = {Verdict.TRUE: "applies", Verdict.FALSE: "does not apply", Verdict.UNKNOWN: "cannot be told"}
_LISTS = {
    "options": "an option that the evidence backs",
    "possible": "possible, depending on facts not known",
    "not_supported": "not supported by the evidence in this setting",
    "ruled_out": "ruled out",
}


def explanation(explained: Why, style: Style) -> str:
    """The whole explanation as text ending in a line break."""
    return "\n".join(_lines(explained, style)) + "\n"


def _lines(explained: Why, style: Style) -> Iterator[str]:
    card, profile = explained.evaluation.ruleset.card, explained.evaluation.profile
    yield style.bold(f"{explained.therapy.name}: {_LISTS[explained.listed]}")
    yield from wrapped(f"{profile.label or 'Hypothetical patient'}; {card.id} {card.version}, evidence as of {card.as_of}")
    yield from wrapped(explained.therapy.about)
    for rule in explained.rules:
        yield ""
        yield from _rule(rule, style)
    yield ""
    yield style.bold("THE STUDIES BEHIND IT")
    for study in explained.studies:
        yield from _study(study, style)
    yield ""
    yield from wrapped(notice(card.as_of))


def _rule(rule: RuleWhy, style: Style) -> Iterator[str]:
    standing = DEMANDS[rule.rule.standing].phrase
    yield style.bold(f"RULE {rule.rule.id} {_SAYS[rule.verdict]} ({standing})")
    yield from hanging("  ", rule.rule.says, 2)
    yield f"  review lines {rule.rule.source.lines}; written at {rule.place}"
    yield from _tree(rule.scope, 2)
    yield from _tree(rule.condition, 2)
    for caveat in rule.rule.caveats:
        yield from hanging("  but ", caveat.says, 6)
    if rule.rule.extrapolates:
        yield from hanging("  extrapolates: ", rule.rule.extrapolates.says, 6)


def _tree(branch: Branch, indent: int) -> Iterator[str]:
    if branch.kind == "all" and indent == 2:
        for child in branch.children:
            yield from _tree(child, indent)
        return
    lead = f"{' ' * indent}{_MARK[branch.verdict]} "
    yield from hanging(lead, words(branch), len(lead))
    children = branch.children
    if branch.kind == "concept" and children and children[0].kind == "all":
        children = children[0].children
    for child in children:
        yield from _tree(child, indent + 6)


def _study(why: StudyWhy, style: Style) -> Iterator[str]:
    study = why.study
    yield ""
    yield from hanging("  ", style.underline(study.name), 4)
    yield from hanging("  ", _design(study), 4)
    yield from hanging("  ", study.summary, 4)
    if study.population and study.population.says:
        yield from hanging("  enrolled: ", study.population.says, 4)
    yield f"  this patient: {why.status.replace('_', ' ')}"
    if why.population is not None:
        yield from _tree(why.population, 4)
    for result in study.results:
        where = f" (review line{_plural(result.lines)} {result.lines})" if result.lines else ""
        yield from hanging("  - ", line(result) + where, 4)
    if study.toxicity:
        yield from hanging("  toxicity: ", "; ".join(_event(event) for event in study.toxicity), 4)
    for discrepancy in study.discrepancies:
        yield from hanging("  ! ", discrepancy_words(discrepancy), 4)


def _design(study: Study) -> str:
    parts = [
        f"phase {study.phase}" if study.phase else "",
        study.design,
        study.status.replace("_", " "),
        f"n = {study.n}" if study.n is not None else "",
        study.nct,
        level_of(study.kind),
        f"review lines {study.source.lines}",
        f"refs {', '.join(map(str, study.source.refs))}" if study.source.refs else "",
    ]
    return "; ".join(part for part in parts if part)


def _event(event: Toxicity) -> str:
    amount = f" {shown(event.percent)} %" if event.percent is not None else f" {event.count} patients" if event.count else ""
    stated = f" ({grade(event)})" if grade(event) else ""
    mend = f" [should read grade {event.corrected_grade}]" if event.corrected_grade else ""
    return f"{event.event}{amount}{stated}{mend}"


def discrepancy_words(discrepancy: Discrepancy) -> str:
    """A discrepancy in one sentence: where, what is printed, what it should read, how that is known."""
    lines = f"line{_plural(discrepancy.lines)} {discrepancy.lines}"
    use = f" Use: {discrepancy.use}." if discrepancy.use else ""
    known = f"{discrepancy.basis}, confidence {discrepancy.confidence}"
    return f"{lines} print: {discrepancy.prints}. {discrepancy.correction.rstrip('.')} ({known}).{use}"


def _plural(lines: str) -> str:
    return "s" if "-" in lines or "," in lines else ""
