"""What a ruleset must be true of beyond its shape. Each check adds located problems; none stops the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date
from graphlib import CycleError
from itertools import islice

from hepatica.documents import Node
from hepatica.knowledge.condition_reader import RESERVED
from hepatica.knowledge.conditions import Condition, Test, leaves, strata
from hepatica.knowledge.draft import Draft
from hepatica.knowledge.evidence import Result, Study
from hepatica.knowledge.figures import (
    contradictions,
    corrected,
    impossible_counts,
    possible_verdicts,
    response_above_control,
)
from hepatica.knowledge.names import confirmed, ids, names
from hepatica.knowledge.ruleset import Rule, Therapy
from hepatica.knowledge.standing import STANDINGS
from hepatica.problems import Problem, quote

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
    if len(draft.rules) > MAX_RULES:
        yield whole.problem("", "too-many", f"more than {MAX_RULES} rules ({len(draft.rules)})")
    total = 0
    bounds: dict[str, set[str | float]] = {}
    for when, node in _conditions(draft):
        before = total
        for leaf in leaves(when):
            total += 1
            if isinstance(leaf, Test) and leaf.field in draft.fields and draft.fields[leaf.field].kind in ("integer", "number"):
                bounds.setdefault(leaf.field, set()).update(leaf.operands)
        if before <= MAX_TESTS < total:
            yield node.problem("", "too-many", f"more than {MAX_TESTS} single conditions by here")
    for field, values in bounds.items():
        if len(values) > MAX_THRESHOLDS:
            message = f"{field} is held against more than {MAX_THRESHOLDS} different numbers ({len(values)})"
            yield whole.problem("", "too-many", message)


def _conditions(draft: Draft) -> Iterator[tuple[Condition, Node]]:
    yield from ((item.when, node) for group in (draft.concepts, draft.rules) for item, node in group)
    for study, node in draft.studies:
        yield from ((part.when, node) for part in (study.population, *study.criteria) if part and part.when is not None)


def _card(draft: Draft) -> Iterator[Problem]:
    if draft.card is None:
        return
    card, node = draft.card
    if not _VERSION.match(card.version):
        yield node.at(("version",)).problem("", "version", f"{quote(card.version)} is no version; allowed: 1.2.3")
    if not _is_date(card.as_of):
        yield node.at(("as_of",)).problem("", "date", f"{quote(card.as_of)} is no date; allowed: 2016-08 or 2016-08-31")
    if card.source is None and not card.sources:
        yield node.problem("", "no-source", "a ruleset names its source: one text (`source:`) or references (`sources:`)")
    for therapy, place in draft.therapies:
        if therapy.id not in card.therapies:
            message = f"{quote(therapy.id)} is not in the card's list of therapies"
            yield place.at(("therapy",)).problem("", "unlisted-therapy", message)


def _is_date(text: str) -> bool:
    """Whether `text` is a month or a day of the calendar."""
    try:
        return bool(_AS_OF.match(text)) and bool(date.fromisoformat(text if len(text) == 10 else f"{text}-01"))
    except ValueError:
        return False


def _concepts(draft: Draft) -> Iterator[Problem]:
    for concept, node in draft.concepts:
        if concept.id in draft.fields or concept.id in RESERVED:
            message = f"{quote(concept.id)} already has a meaning in conditions, so the concept could never be named"
            yield node.at(("id",)).problem("", "reserved-id", message)
    if len(draft.concepts) > MAX_CONCEPTS:
        message = f"more than {MAX_CONCEPTS} concepts ({len(draft.concepts)})"
        yield draft.concepts[MAX_CONCEPTS][1].problem("", "too-many", message)
        return
    conditions = {concept.id: concept.when for concept, _ in draft.concepts}
    places = {concept.id: node.at(("when",)) for concept, node in draft.concepts}
    levels: list[tuple[str, ...]] = []
    while conditions and not levels:
        try:
            levels = strata(conditions)
        except CycleError as error:
            trail = [name for name in error.args[1] if name in conditions]
            yield places[trail[0]].problem("", "concept-cycle", f"defined by itself: {' -> '.join(trail)}")
            # Without one of its concepts the circle is broken, and the next circle can be found.
            del conditions[trail[0]]
    for name in levels[MAX_CONCEPT_DEPTH] if len(levels) > MAX_CONCEPT_DEPTH else ():
        message = f"{quote(name)} rests on concepts more than {MAX_CONCEPT_DEPTH} levels deep"
        yield places[name].problem("", "too-deep", message)


def _rules(draft: Draft) -> Iterator[Problem]:
    """A rule rests on studies that bear its standing out; what is not supported has the verdict that their figures give."""
    studies = {study.id: study for study, _ in draft.studies}
    tumour = draft.card[0].tumour if draft.card else ""  # not known: nothing is held against it
    for therapy, node in draft.therapies:
        if not therapy.rules:
            message = f"{quote(therapy.id)} has no rule, so no answer could place it"
            yield node.at(("therapy",)).problem("", "no-rule", message)
        for index, rule in enumerate(therapy.rules):
            cited = [studies[name] for name in rule.cites if name in studies]
            yield from _standing(rule, node.at(("rules", index)), cited, tumour)
            yield from _verdict(rule, node.at(("rules", index)), therapy, cited)


def _standing(rule: Rule, node: Node, cited: Collection[Study], tumour: str) -> Iterator[Problem]:
    if not rule.cites:
        yield node.at(("cites",)).problem("", "uncited-rule", f"the rule {quote(rule.id)} cites no study; every rule needs one")
    for study in cited:
        if tumour and study.tumour != tumour:
            message = f"{quote(study.id)} is about {study.tumour.replace('_', ' ')}; only studies of {tumour} can back a rule"
            yield node.at(("cites", rule.cites.index(study.id))).problem("", "other-tumour", message)
    demand = STANDINGS[rule.standing]
    if cited and not any(demand.borne_out_by(study) for study in cited if study.tumour == tumour or not tumour):
        message = f"{rule.standing} needs {demand.needs}; cited: {', '.join(rule.cites)}"
        yield node.at(("standing",)).problem("", "standing", message)


def _verdict(rule: Rule, node: Node, therapy: Therapy, cited: list[Study]) -> Iterator[Problem]:
    place = node.at(("verdict" if rule.verdict else "standing",))
    if rule.reaches != "not_supported":
        if rule.verdict is not None:
            yield place.problem("", "verdict", f"only not_supported has a verdict; {rule.id} is {rule.standing}")
        return
    allowed = possible_verdicts(rule, therapy, cited)
    if rule.verdict not in allowed:
        given = f"{rule.verdict} is not what the figures of its trials say" if rule.verdict else "a verdict is needed"
        yield place.problem("", "verdict", f"{rule.id}: {given}; they say {' or '.join(allowed)}")


def _studies(draft: Draft) -> Iterator[Problem]:
    """A study's figures are possible and do not contradict each other, unless a discrepancy explains it."""
    for study, node in draft.studies:
        if study.approval is not None and study.kind != "regulatory_approval":
            message = f"only a regulatory_approval has one; {study.id} is a {study.kind}"
            yield node.at(("approval",)).problem("", "approval", message)
        for path, message in impossible_counts(study):
            yield node.at(path).problem("", "figure", f"{study.id}: {message}")
        explained = {name for discrepancy in study.discrepancies for name in discrepancy.affects}
        for index, result in enumerate(study.results):
            for part, code, message in _result(result, result.id in explained):
                yield node.at(("results", index, *part)).problem("", code, f"{study.id}/{result.id}: {message}")
        for index, first, second in response_above_control(study, explained):
            message = f"{study.id}/{first.id}: response above disease control ({second.id}) in the same arm"
            yield node.at(("results", index)).problem("", "figure", message)


def _result(result: Result, explained: bool) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if not result.lines and not result.source and not result.corrected:
        yield (), "lines", "a figure needs its lines or its source, or only a correction"
    for part, message in contradictions(result) if not explained else ():
        hint = "record the discrepancy that explains it (affects: [...]) or mend the figure"
        yield (part,), "figure", f"{message}; {hint}"
    for part, message in contradictions(corrected(result)) if result.corrected else ():
        yield ("corrected", part), "figure", f"as corrected, {message}"


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (ids, names, confirmed, _card, _concepts, _rules, _studies)
