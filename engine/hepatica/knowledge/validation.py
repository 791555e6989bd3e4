"""What a ruleset must be true of beyond its shape. Each check adds located problems; none stops the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import islice

from hepatica.documents import Node
from hepatica.knowledge import names
from hepatica.knowledge.condition_reader import JOINERS
from hepatica.knowledge.conditions import ConceptTest, Condition, Test, leaves, strata
from hepatica.knowledge.draft import Draft, Located, children
from hepatica.knowledge.evidence import Study
from hepatica.knowledge.figures import (
    contradictions,
    corrected,
    impossible_counts,
    possible_verdicts,
    response_above_control,
)
from hepatica.knowledge.numbers import ranges
from hepatica.knowledge.ruleset import Rule
from hepatica.knowledge.standing import STANDINGS
from hepatica.problems import Problem, quote, suggestion

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\Z")
_AS_OF = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\Z")
MAX_CONCEPTS = 200
MAX_CONCEPT_DEPTH = 12
MAX_RULES = 5_000
MAX_TESTS = 60_000
MAX_THRESHOLDS = 1_000
MOST_OF_ONE_CHECK = 500


def validate(draft: Draft) -> None:
    """Run every check; of each at most `MOST_OF_ONE_CHECK` problems are kept. What is far too much ends it at once."""
    too_much = list(_too_much(draft))
    draft.problems.extend(too_much)
    for check in CHECKS if not too_much else ():
        draft.problems.extend(islice(check(draft), MOST_OF_ONE_CHECK))


def _too_much(draft: Draft) -> Iterator[Problem]:
    """What would take minutes or gigabytes to compile: refused with what it is, before anything is compiled."""
    if draft.card is None:
        return
    whole = draft.card[1]
    rules = sum(len(therapy.rules) for therapy, _ in draft.therapies)
    if rules > MAX_RULES:
        yield whole.problem((), "too-many", f"more than {MAX_RULES} rules ({rules})")
    total = 0
    bounds: dict[str, set[float]] = {}
    for when, place in _conditions(draft):
        before = total
        for leaf in leaves(when):
            total += 1
            if isinstance(leaf, Test) and leaf.field in draft.fields and draft.fields[leaf.field].kind in ("integer", "number"):
                bounds.setdefault(leaf.field, set()).update(float(operand) for operand in leaf.operands)
        if before <= MAX_TESTS < total:
            yield place.problem((), "too-many", f"more than {MAX_TESTS} single conditions by here")
    for field, values in bounds.items():
        if len(values) > MAX_THRESHOLDS:
            message = f"{field} is held against more than {MAX_THRESHOLDS} different numbers ({len(values)})"
            yield whole.problem((), "too-many", message)


def _conditions(draft: Draft) -> Iterator[tuple[Condition, Located]]:
    yield from ((concept.when, place) for concept, place in draft.concepts)
    yield from ((rule.when, place) for rule, place in draft.rules())
    for study, place in draft.studies():
        yield from ((part.when, place) for part in (study.population, *study.criteria) if part and part.when is not None)


def _card(draft: Draft) -> Iterator[Problem]:
    if draft.card is None:
        return
    card, source = draft.card
    if not _VERSION.match(card.version):
        yield source.problem(("version",), "version", f"{quote(card.version)} is no version; allowed: 1.2.3")
    if not _is_date(card.as_of):
        yield source.problem(("as_of",), "date", f"{quote(card.as_of)} is no date; allowed: 2016-08 or 2016-08-31")
    if card.source is None and not card.sources:
        message = "a ruleset names its source: one text (`source:`) or references (`sources:`)"
        yield source.problem((), "no-source", message)
    for index, name in enumerate(card.fields):
        if name not in draft.fields:
            yield source.problem(("fields", index), "unknown-field", f"no field {quote(name)}; {suggestion(name, draft.fields)}")
    known = {therapy.id: None for therapy, _ in draft.therapies}
    for index, name in enumerate(card.therapies):
        if draft.lacks(name, known):
            yield source.problem(("therapies", index), "unknown-therapy", f"no therapy {quote(name)}; {suggestion(name, known)}")
    for index in names.repeated(card.therapies):
        yield source.problem(("therapies", index), "duplicate-id", f"{quote(card.therapies[index])} is listed twice")
    listed = set(card.therapies)
    for therapy, place in draft.therapies:
        if therapy.id not in listed:
            yield place.problem(("therapy",), "unlisted-therapy", f"{quote(therapy.id)} is not in the card's list of therapies")


def _is_date(text: str) -> bool:
    """Whether `text` is a month or a day of the calendar."""
    if not _AS_OF.match(text):
        return False
    try:
        date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return False
    return True


def _concepts(draft: Draft) -> Iterator[Problem]:
    for concept, source in draft.concepts:
        if concept.id in draft.fields or concept.id in JOINERS:
            message = f"{quote(concept.id)} already has a meaning in conditions, so the concept could never be named"
            yield source.problem(("id",), "reserved-id", message)
    if len(draft.concepts) > MAX_CONCEPTS:
        source = draft.concepts[MAX_CONCEPTS][1]
        yield source.problem((), "too-many", f"more than {MAX_CONCEPTS} concepts ({len(draft.concepts)})")
    else:
        yield from _concept_cycles(draft)
        yield from _deep_concepts(draft)


def _deep_concepts(draft: Draft) -> Iterator[Problem]:
    places = {concept.id: source for concept, source in draft.concepts}
    try:
        levels = strata({concept.id: concept.when for concept, _ in draft.concepts})
    except ValueError:  # a cycle or an unknown name, which is a problem of its own
        return
    for name in levels[MAX_CONCEPT_DEPTH] if len(levels) > MAX_CONCEPT_DEPTH else ():
        message = f"{quote(name)} rests on concepts more than {MAX_CONCEPT_DEPTH} levels deep"
        yield places[name].problem(("when",), "too-deep", message)


def _concept_cycles(draft: Draft) -> Iterator[Problem]:
    uses = {c.id: {leaf.concept for leaf in leaves(c.when) if isinstance(leaf, ConceptTest)} for c, _ in draft.concepts}
    for concept, source in draft.concepts:
        trail = _cycle(concept.id, uses)
        if trail:
            yield source.problem(("when",), "concept-cycle", f"defined by itself: {' -> '.join(trail)}")


def _cycle(start: str, uses: Mapping[str, set[str]]) -> list[str]:
    """A shortest way from `start` back to itself; empty where there is none."""
    trails = [[start]]
    seen: set[str] = set()
    while trails:
        trail = trails.pop(0)
        for name in sorted(uses.get(trail[-1], ())):
            if name == start:
                return [*trail, name]
            if name not in seen:
                seen.add(name)
                trails.append([*trail, name])
    return []


def _standings(draft: Draft) -> Iterator[Problem]:
    studies = {study.id: study for study, _ in draft.studies()}
    tumour = draft.card[0].tumour if draft.card else "hcc"
    for rule, source in draft.rules():
        cited = [studies[name] for name in dict.fromkeys(rule.cites) if name in studies]
        yield from _other_tumours(rule, cited, source, tumour)
        demand = STANDINGS[rule.standing]
        if cited and not any(demand.borne_out_by(study) for study in cited if study.tumour == tumour):
            message = f"{rule.standing} needs {demand.needs}; cited: {', '.join(rule.cites)}"
            yield source.problem(("standing",), "standing", message)


def _verdicts(draft: Draft) -> Iterator[Problem]:
    """What is not supported has the verdict that the figures of its trials give, and nothing else has one."""
    studies = {study.id: study for study, _ in draft.studies()}
    for therapy, source in draft.therapies:
        for index, rule in enumerate(therapy.rules):
            at = ("rules", index, "verdict" if rule.verdict else "standing")
            if rule.reaches != "not_supported":
                if rule.verdict is not None:
                    yield source.problem(at, "verdict", f"only not_supported has a verdict; {rule.id} is {rule.standing}")
                continue
            allowed = possible_verdicts(rule, therapy, [studies[name] for name in rule.cites if name in studies])
            if rule.verdict not in allowed:
                given = f"{rule.verdict} is not what the figures of its trials say" if rule.verdict else "a verdict is needed"
                yield source.problem(at, "verdict", f"{rule.id}: {given}; they say {' or '.join(allowed)}")


def _approvals(draft: Draft) -> Iterator[Problem]:
    for study, source in draft.studies():
        if study.approval is not None and study.kind != "regulatory_approval":
            yield source.problem(("approval",), "approval", f"only a regulatory_approval has one; {study.id} is a {study.kind}")


def _other_tumours(rule: Rule, cited: list[Study], source: Located, tumour: str) -> Iterator[Problem]:
    places = {name: index for index, name in enumerate(rule.cites)}
    for study in cited:
        if study.tumour != tumour:
            message = f"{quote(study.id)} is about {study.tumour.replace('_', ' ')}; only studies of {tumour} can back a rule"
            yield source.problem(("cites", places[study.id]), "other-tumour", message)


def _empty_therapies(draft: Draft) -> Iterator[Problem]:
    for therapy, source in draft.therapies:
        if not therapy.rules:
            yield source.problem(("therapy",), "no-rule", f"{quote(therapy.id)} has no rule, so no answer could place it")


def _places(draft: Draft) -> Iterator[Problem]:
    groups = (draft.concepts, draft.therapies, draft.notes, draft.omissions)
    for source in (source for group in groups for _, source in group):
        yield from _lines_below(source.file, source.node)


def _lines_below(file: str, node: Node) -> Iterator[Problem]:
    for child in children(node):
        yield from _lines_below(file, child)
    if isinstance(node.value, dict) and "lines" in node.value:
        place = node.value["lines"]
        if ranges(place.raw) is None:
            yield place.problem(file, "lines", f"{quote(place.raw)} names no lines; allowed: 413, 413-415 or '213-233, 433-458'")


def _figures(draft: Draft) -> Iterator[Problem]:
    for study, source in draft.studies():
        for path, message in impossible_counts(study):
            yield source.problem(path, "figure", f"{study.id}: {message}")
        explained = {name for discrepancy in study.discrepancies for name in discrepancy.affects}
        yield from _results(study, source, explained)
        for index, first, second in response_above_control(study, explained):
            message = f"{study.id}/{first.id}: response above disease control ({second.id}) in the same arm"
            yield source.problem(("results", index), "figure", message)


def _results(study: Study, source: Located, explained: set[str]) -> Iterator[Problem]:
    for index, result in enumerate(study.results):
        if not result.lines and not result.source and not result.corrected:
            message = f"{study.id}/{result.id}: a figure needs its lines or its source, or only a correction"
            yield source.problem(("results", index), "lines", message)
        for part, message in contradictions(result) if result.id not in explained else ():
            hint = "record the discrepancy that explains it (affects: [...]) or mend the figure"
            yield source.problem(("results", index, part), "figure", f"{study.id}/{result.id}: {message}; {hint}")
        for part, message in contradictions(corrected(result)) if result.corrected else ():
            corrected_message = f"{study.id}/{result.id}: as corrected, {message}"
            yield source.problem(("results", index, "corrected", part), "figure", corrected_message)


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    names.ids,
    _card,
    _concepts,
    names.citations,
    _standings,
    _verdicts,
    _approvals,
    _places,
    _figures,
    names.within_studies,
    names.regimens,
    names.references,
    _empty_therapies,
)
