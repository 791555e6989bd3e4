"""What a ruleset must be true of beyond its shape. Each check adds located problems; none stops the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from graphlib import CycleError
from itertools import islice
from typing import Any

from hepatica.documents import Node, Path
from hepatica.knowledge.conditions import Test, leaves, strata
from hepatica.knowledge.draft import RESERVED, Draft
from hepatica.knowledge.evidence import Correction, Criterion, Discrepancy, Place, Result, Study, Toxicity
from hepatica.knowledge.figures import (
    contradictions,
    corrected,
    impossible_counts,
    possible_verdicts,
    ranges,
    response_above_control,
)
from hepatica.knowledge.ruleset import Card, Extrapolation, Regimen, Rule, Therapy
from hepatica.knowledge.standing import STANDINGS
from hepatica.problems import Problem, quote, suggestion

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\Z")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}\Z")
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
    for check in (_ids, _names, _confirmed, _card, _concepts, _rules, _studies) if not too_much else ():
        draft.problems.extend(islice(check(draft), MOST_OF_ONE_CHECK))


def _too_much(draft: Draft) -> Iterator[Problem]:
    """What would take minutes or gigabytes to compile: refused with what it is, before anything is compiled."""
    if draft.card is None:
        return
    whole = draft.card[1]
    if len(draft.rules) > MAX_RULES:
        yield whole.fault("too-many", f"more than {MAX_RULES} rules ({len(draft.rules)})")
    conditions = [(item.when, node) for group in (draft.concepts, draft.rules) for item, node in group]
    for study, node in draft.studies:
        conditions += [(part.when, node) for part in (study.population, *study.criteria) if part and part.when is not None]
    total = 0
    bounds: dict[str, set[str | float]] = {}
    for when, node in conditions:
        before = total
        # Thresholds are counted apart: each cuts its field once more, and the profile space grows by the product.
        for leaf in leaves(when):
            total += 1
            if isinstance(leaf, Test) and leaf.field in draft.fields and draft.fields[leaf.field].kind in ("integer", "number"):
                bounds.setdefault(leaf.field, set()).update(leaf.operands)
        if before <= MAX_TESTS < total:
            yield node.fault("too-many", f"more than {MAX_TESTS} single conditions by here")
    for field, values in bounds.items():
        if len(values) > MAX_THRESHOLDS:
            yield whole.fault("too-many", f"{field} is held against more than {MAX_THRESHOLDS} different numbers ({len(values)})")


def _card(draft: Draft) -> Iterator[Problem]:
    if draft.card is None:
        return
    card, node = draft.card
    if not _VERSION.match(card.version):
        yield node.fault("version", f"{quote(card.version)} is no version; allowed: 1.2.3", ("version",))
    if not _dated(card.as_of) or len(card.as_of) < len("2016-08"):
        yield node.fault("date", f"{quote(card.as_of)} is no date; allowed: 2016-08 or 2016-08-31", ("as_of",))
    if card.source is None and not card.sources:
        yield node.fault("no-source", "a ruleset names its source: one text (`source:`) or references (`sources:`)")
    for therapy, place in draft.therapies:
        if therapy.id not in card.therapies:
            yield place.fault("unlisted-therapy", f"{quote(therapy.id)} is not in the card's list of therapies", ("therapy",))


def _concepts(draft: Draft) -> Iterator[Problem]:
    for concept, node in draft.concepts:
        if concept.id in draft.fields or concept.id in RESERVED:
            message = f"{quote(concept.id)} already has a meaning in conditions, so the concept could never be named"
            yield node.fault("reserved-id", message, ("id",))
    if len(draft.concepts) > MAX_CONCEPTS:
        yield draft.concepts[MAX_CONCEPTS][1].fault("too-many", f"more than {MAX_CONCEPTS} concepts ({len(draft.concepts)})")
        return
    conditions = {concept.id: concept.when for concept, _ in draft.concepts}
    places = {concept.id: node.at(("when",)) for concept, node in draft.concepts}
    levels: list[tuple[str, ...]] = []
    # `graphlib` names one circle at a time; all of them are to be told at once.
    while conditions and not levels:
        try:
            levels = strata(conditions)
        except CycleError as error:
            trail = [name for name in error.args[1] if name in conditions]
            yield places[trail[0]].fault("concept-cycle", f"defined by itself: {' -> '.join(trail)}")
            # Without one of its concepts the circle is broken, and the next circle can be found.
            del conditions[trail[0]]
    for name in levels[MAX_CONCEPT_DEPTH] if len(levels) > MAX_CONCEPT_DEPTH else ():
        yield places[name].fault("too-deep", f"{quote(name)} rests on concepts more than {MAX_CONCEPT_DEPTH} levels deep")


def _rules(draft: Draft) -> Iterator[Problem]:
    studies = {study.id: study for study, _ in draft.studies}
    tumour = draft.card[0].tumour if draft.card else ""  # not known: nothing is held against it
    for therapy, node in draft.therapies:
        if not therapy.rules:
            yield node.fault("no-rule", f"{quote(therapy.id)} has no rule, so no answer could place it", ("therapy",))
        for index, rule in enumerate(therapy.rules):
            place = node.at(("rules", index))
            cited = [studies[name] for name in rule.cites if name in studies]
            yield from _standing(rule, place, cited, tumour)
            if rule.reaches != "not_supported":
                if rule.verdict is not None:
                    yield place.fault("verdict", f"only not_supported has a verdict; {rule.id} is {rule.standing}", ("verdict",))
            elif rule.verdict not in (allowed := possible_verdicts(rule, therapy, cited)):
                given = f"{rule.verdict} is not what the figures of its trials say" if rule.verdict else "a verdict is needed"
                said = f"{rule.id}: {given}; they say {' or '.join(allowed)}"
                yield place.fault("verdict", said, ("verdict" if rule.verdict else "standing",))


def _standing(rule: Rule, node: Node, cited: Collection[Study], tumour: str) -> Iterator[Problem]:
    if not rule.cites:
        yield node.fault("uncited-rule", f"the rule {quote(rule.id)} cites no study; every rule needs one", ("cites",))
    for study in cited:
        if tumour and study.tumour != tumour:
            message = f"{quote(study.id)} is about {study.tumour.replace('_', ' ')}; only studies of {tumour} can back a rule"
            yield node.fault("other-tumour", message, ("cites", rule.cites.index(study.id)))
    demand = STANDINGS[rule.standing]
    if cited and not any(demand.borne_out_by(study) for study in cited if study.tumour == tumour or not tumour):
        yield node.fault("standing", f"{rule.standing} needs {demand.needs}; cited: {', '.join(rule.cites)}", ("standing",))


def _dated(text: str) -> bool:
    """Whether a text is a date, as far as it says: a year, a month of it or a day."""
    try:
        return bool(_DATE.match(text) and date.fromisoformat(text + "-01-01"[len(text) - len("2016") :]))
    except ValueError:
        return False


def _studies(draft: Draft) -> Iterator[Problem]:
    for study, node in draft.studies:
        if study.approval is not None and study.kind != "regulatory_approval":
            yield node.fault("approval", f"only a regulatory_approval has one; {study.id} is a {study.kind}", ("approval",))
        for part in ("date", "withdrawn") if study.approval is not None else ():
            text = getattr(study.approval, part)
            if text and not text.startswith("not ") and not _dated(text):
                allowed = "2017, 2017-04, 2017-04-27, or that it is not printed"
                yield node.fault("date", f"{quote(text)} is no date; allowed: {allowed}", ("approval", part))
        for path, message in impossible_counts(study):
            yield node.fault("figure", f"{study.id}: {message}", path)
        explained = {name for discrepancy in study.discrepancies for name in discrepancy.affects}
        for index, result in enumerate(study.results):
            place, name = node.at(("results", index)), f"{study.id}/{result.id}"
            if not result.lines and not result.source and not result.corrected:
                yield place.fault("lines", f"{name}: a figure needs its lines or its source, or only a correction")
            for part, said in contradictions(result) if result.id not in explained else ():
                hint = "record the discrepancy that explains it (affects: [...]) or mend the figure"
                yield place.fault("figure", f"{name}: {said}; {hint}", (part,))
            for part, said in contradictions(corrected(result)) if result.corrected else ():
                yield place.fault("figure", f"{name}: as corrected, {said}", ("corrected", part))
        for index, first, second in response_above_control(study, explained):
            message = f"{study.id}/{first.id}: response above disease control ({second.id}) in the same arm"
            yield node.fault("figure", message, ("results", index))


# -- every name that one part of a ruleset uses for another must be the name of something, and be given once --------------

EVERY_ARM = "all"
LONGEST_ID = 80
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_MOST_LISTED, _MOST_COMPARED = 12, 300
_AFFECTED = frozenset({
    "nct", "status", "population", "n", "verdict", "name", "class", "p", "toxicity", "dose", "arms", "summary", "refs",
    "design", "primary_endpoints", "figures", "order", "approval", "text",
})  # fmt: skip
_NAMES: Mapping[type, Mapping[str, str]] = {
    Card: {"therapies": "therapy", "sources": "reference", "fields": "field"},
    Regimen: {"study": "study", "discrepancy": "discrepancy"},
    Study: {"reference": "reference"},
    Result: {"arms": "arm", "arm_ci": "arm"},
    Correction: {"arms": "arm", "discrepancy": "discrepancy"},
    Toxicity: {"arm": "arm", "discrepancy": "discrepancy"},
    Discrepancy: {"affects": "result"},
    Rule: {"cites": "study", "figure": "result"},
    Extrapolation: {"studies": "cited study", "fields": "field"},
    Place: {"ref": "reference"},
}
_WITHOUT_NAMES = re.compile(r"(?:bool|str|int|float|Condition)(?: \| None)?")


@cache
def _parts(kind: Any) -> tuple[tuple[str, str], ...]:
    """The parts of a record that may be, or hold, names or records, with what they name: few, of what is walked thousands of
    times. Conditions were held against the names there are when they were read."""
    named = {"lines": "", **_NAMES.get(kind, {})}
    kept = (each.name for each in fields(kind) if each.name in named or not _WITHOUT_NAMES.fullmatch(str(each.type)))
    return tuple((name, named.get(name, "")) for name in kept)


# By what a name is of: the names there are (None: any may be one), and whose they are.
_Known = Mapping[str, tuple[Collection[str] | None, str]]


def _names(draft: Draft) -> Iterator[Problem]:
    studies = {study.id: study for study, _ in draft.studies}
    known: _Known = {
        "therapy": (draft.known([therapy.id for therapy, _ in draft.therapies]), ""),
        "study": (draft.known(studies), ""),
        "reference": ({reference.id for reference, _ in draft.references}, ""),
        "field": (draft.fields, ""),
    }
    for item, node in (*([draft.card] if draft.card else []), *draft.concepts, *draft.therapies, *draft.notes, *draft.omissions):
        yield from _misnamed(item, node, known, studies)


def _misnamed(item: Any, node: Node, known: _Known, studies: Mapping[str, Study], above: Path = ()) -> Iterator[Problem]:
    """The names that are wrong in a record, which stands at a path below a node, and in every record in it."""
    # Inner names hide outer ones of the same kind: an arm is one of this study, a discrepancy too.
    if within := _within(item, known, studies):
        known = {**known, **within}
    for key, what in _parts(item.__class__):
        value = getattr(item, key)
        if not value or not (what or key == "lines" or isinstance(value, tuple) or is_dataclass(value)):
            continue
        path = *above, key
        if key == "lines" and ranges(value) is None:
            yield node.fault("lines", f"{quote(value)} names no lines; allowed: 413, 413-415 or '213-233, 433-458'", path)
        if what:
            yield from _unknown(node.at(path), value, what, known[what])
        if isinstance(value, tuple) and (what or isinstance(item, Study)):
            yield from _repeated(node.at(path), value, f"the {key} of {getattr(item, 'id', 'the rule')}")
        if isinstance(value, tuple):
            for index, part in enumerate(value):
                if is_dataclass(part):
                    yield from _misnamed(part, node, known, studies, (*path, index))
        elif is_dataclass(value):
            yield from _misnamed(value, node, known, studies, path)


def _within(item: Any, known: _Known, studies: Mapping[str, Study]) -> _Known:
    """The names that are known inside a record only, or there are others."""
    if isinstance(item, Therapy):
        return {"discrepancy": ({each.id for study in item.studies for each in study.discrepancies}, f" in {item.id}")}
    if isinstance(item, Regimen) and item.study:
        own, where = known["discrepancy"]
        named = studies.get(item.study)
        return {"discrepancy": ({*(own or ()), *(each.id for each in named.discrepancies)} if named else None, where)}
    if isinstance(item, Rule):
        results = [f"{name}/{one.id}" for name in item.cites if name in studies for one in studies[name].results]
        readable = all(name in studies for name in item.cites)
        return {"cited study": (item.cites, f" in {item.id}"), "result": (results if readable else None, "")}
    if isinstance(item, Study):
        where = f" in {item.id}"
        return {
            # A study that names no arms takes any name.
            "arm": ({EVERY_ARM, *(arm.id for arm in item.arms)} if item.arms else None, where),
            "result": (_AFFECTED.union(one.id for one in item.results), where),
            "discrepancy": ({each.id for each in item.discrepancies}, where),
        }
    return {}


def _unknown(
    place: Node, value: str | Collection[str], what: str, known: tuple[Collection[str] | None, str]
) -> Iterator[Problem]:
    there, where = known
    listed: Collection[str] = [value] if isinstance(value, str) else value
    for index, name in enumerate(listed if there is not None else ()):
        if name not in (there or ()):
            # Few names are listed; of many only the nearest is told, of very many only their number: it is long in finding.
            names = sorted(there or ())
            near = suggestion(name, names) if len(names) <= _MOST_COMPARED else ""
            nearest, asked, _ = near.partition("? ")
            if len(names) >= _MOST_LISTED:
                near = f"{nearest}?" if asked else f"allowed: one of {len(names)} names"
            step = name if isinstance(place.value, dict) else index
            yield place.fault(f"unknown-{what.rsplit(maxsplit=1)[-1]}", f"no {what} {quote(name)}{where}; {near}", (step,))


def _repeated(place: Node, parts: Sequence[Any], where: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, part in enumerate(parts):
        name = part if isinstance(part, str) else getattr(part, "id", "")
        if name and name in seen:
            yield place.fault("duplicate-id", f"{quote(name)} is given twice in {where}", (index, "id"))
        seen.add(name)


def _confirmed(draft: Draft) -> Iterator[Problem]:
    """What is called confirmed names a reference that was read; a correction is no surer than its discrepancy."""
    read = {reference.id for reference, _ in draft.references if reference.was_read}
    for study, node in draft.studies:
        sourced: list[tuple[Path, Discrepancy | Criterion]] = [(("criteria", n), one) for n, one in enumerate(study.criteria)]
        sourced += [(("discrepancies", n), one) for n, one in enumerate(study.discrepancies)]
        for path, item in sourced:
            if item.basis == "confirmed" and (item.source is None or item.source.ref not in read):
                message = f"{study.id}: confirmed needs a source ({{ref, place}}) that was read; without one it is recalled"
                yield node.fault("unread-source", message, (*path, "basis"))
        bases = {item.id: item.basis for item in study.discrepancies}
        for index, result in enumerate(study.results):
            fix = result.corrected
            if fix and fix.basis == "confirmed" and bases.get(fix.discrepancy, "confirmed") != "confirmed":
                message = f"called confirmed, while its discrepancy {fix.discrepancy} is {bases[fix.discrepancy]}"
                yield node.fault("unread-source", message, ("results", index, "corrected", "basis"))


def _ids(draft: Draft) -> Iterator[Problem]:
    for what, group in draft.named.items():
        seen: dict[str, Node] = {}
        for item, node in group:
            place = node.at(("therapy" if what == "therapy" else "id",))
            if not _SLUG.match(item.id) or len(item.id) > LONGEST_ID:
                yield place.fault("bad-id", f"{quote(item.id)} is no id; allowed: lower-case words joined by - or _")
            first = seen.setdefault(item.id, node)
            if first is not node:
                yield place.fault("duplicate-id", f"the {what} {quote(item.id)} is already at {first.origin}:{first.line}")
