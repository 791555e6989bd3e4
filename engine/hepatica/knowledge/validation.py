"""What a ruleset must be true of beyond its shape. Each check adds located problems; none stops the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice

from hepatica.documents import Node
from hepatica.knowledge import references
from hepatica.knowledge.condition_reader import JOINERS
from hepatica.knowledge.conditions import ConceptTest, leaves, strata
from hepatica.knowledge.draft import Draft, Located
from hepatica.knowledge.evidence import Place, Reference, Study
from hepatica.knowledge.figures import contradictions, corrected, impossible_counts, response_above_control
from hepatica.knowledge.lines import ranges
from hepatica.knowledge.ruleset import Rule
from hepatica.knowledge.standing import STANDINGS, VERDICTS
from hepatica.problems import Problem, quote, suggestion

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\Z")
_AS_OF = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\Z")
LONGEST_ID = 80
MAX_CONCEPTS = 200
MAX_CONCEPT_DEPTH = 12
MOST_OF_ONE_CHECK = 500


def validate(draft: Draft) -> None:
    """Run every check; of each at most `MOST_OF_ONE_CHECK` problems are kept."""
    for check in CHECKS:
        draft.problems.extend(islice(check(draft), MOST_OF_ONE_CHECK))


def _ids(draft: Draft) -> Iterator[Problem]:
    groups: Mapping[str, Iterable[tuple[str, Located, str]]] = {
        "concept": ((c.id, s, "id") for c, s in draft.concepts),
        "therapy": ((t.id, s, "therapy") for t, s in draft.therapies),
        "study": ((t.id, s, "id") for t, s in draft.studies()),
        "rule": ((r.id, s, "id") for r, s in draft.rules()),
        "reference": ((r.id, s, "id") for r, s in draft.references),
        "note": ((n.id, s, "id") for n, s in draft.notes),
    }
    for what, group in groups.items():
        seen: dict[str, Located] = {}
        for identifier, source, key in group:
            if not _SLUG.match(identifier) or len(identifier) > LONGEST_ID:
                yield source.problem(
                    (key,), "bad-id", f"{quote(identifier)} is no id; allowed: lower-case words joined by - or _"
                )
            if identifier in seen:
                first = seen[identifier]
                where = f"{first.file}:{first.node.line}"
                yield source.problem((key,), "duplicate-id", f"the {what} {quote(identifier)} is already at {where}")
            seen.setdefault(identifier, source)


def _card(draft: Draft) -> Iterator[Problem]:
    if draft.card is None:
        return
    card, source = draft.card
    if not _VERSION.match(card.version):
        yield source.problem(("version",), "version", f"{quote(card.version)} is no version; allowed: 1.2.3")
    if not _is_date(card.as_of):
        yield source.problem(("as_of",), "date", f"{quote(card.as_of)} is no date; allowed: 2016-08 or 2016-08-31")
    known = {therapy.id: None for therapy, _ in draft.therapies}
    for index, name in enumerate(card.therapies):
        if draft.lacks(name, known):
            yield source.problem(("therapies", index), "unknown-therapy", f"no therapy {quote(name)}; {suggestion(name, known)}")
    for index in references.repeated(card.therapies):
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
    """A verdict belongs to what is not supported, and to nothing else."""
    for rule, source in draft.rules():
        negative = rule.reaches == "not_supported"
        if negative and rule.verdict is None:
            message = f"{rule.standing} needs a verdict; allowed: {', '.join(VERDICTS)}"
            yield source.problem(("standing",), "verdict", message)
        if not negative and rule.verdict is not None:
            yield source.problem(("verdict",), "verdict", f"only not_supported has a verdict; {rule.id} is {rule.standing}")


def _extrapolations(draft: Draft) -> Iterator[Problem]:
    """What a rule admits to reach beyond is a study it cites and a field."""
    for rule, source in draft.rules():
        if rule.extrapolates is None:
            continue
        for index, name in enumerate(rule.extrapolates.studies):
            if name not in rule.cites:
                message = f"{rule.id} does not cite {quote(name)}; {suggestion(name, rule.cites)}"
                yield source.problem(("extrapolates", "studies", index), "unknown-study", message)
        for index, name in enumerate(rule.extrapolates.fields):
            if name not in draft.fields:
                message = f"no field {quote(name)}; {suggestion(name, draft.fields)}"
                yield source.problem(("extrapolates", "fields", index), "unknown-field", message)


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
    whole = [source for group in (draft.concepts, draft.therapies, draft.notes) for _, source in group]
    for source in whole:
        yield from _lines_below(source.file, source.node)


def _lines_below(file: str, node: Node) -> Iterator[Problem]:
    children = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for child in children:
        yield from _lines_below(file, child)
    if isinstance(node.value, dict) and "lines" in node.value:
        place = node.value["lines"]
        if isinstance(place.value, (dict, list)) or (place.raw and ranges(place.raw) is None):
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


def _sources(draft: Draft) -> Iterator[Problem]:
    """Every reference that is named exists, and what is called confirmed names one that was read."""
    known = {reference.id: reference for reference, _ in draft.references}
    for study, source in draft.studies():
        if study.reference and study.reference not in known:
            yield source.problem(("reference",), "unknown-reference", _no_reference(study.reference, known))
        for index, item in enumerate(study.discrepancies):
            if item.basis == "confirmed" and not _was_read(item.source, known):
                message = (
                    f"{item.id} is called confirmed, which needs a source ({{ref, place}}) that was read; else it is recalled"
                )
                yield source.problem(("discrepancies", index, "basis"), "unread-source", message)
    for group in (draft.concepts, draft.therapies, draft.notes):
        for _, place in group:
            yield from _references_below(place.file, place.node, known)


def _was_read(place: Place | None, known: Mapping[str, Reference]) -> bool:
    return place is not None and place.ref in known and known[place.ref].was_read


def _references_below(file: str, node: Node, known: Mapping[str, Reference]) -> Iterator[Problem]:
    children = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for child in children:
        yield from _references_below(file, child, known)
    if isinstance(node.value, dict) and isinstance(named := node.value.get("source"), Node):
        ref = named.at(("ref",))
        if ref is not named and ref.raw not in known:
            yield ref.problem(file, "unknown-reference", _no_reference(ref.raw, known))


def _no_reference(name: str, known: Collection[str]) -> str:
    near = suggestion(name, sorted(known)).partition(" allowed:")[0] if known else "references.yaml is missing or empty"
    return f"no reference {quote(name)}; {near}"


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    _ids,
    _card,
    _concepts,
    references.citations,
    _standings,
    _verdicts,
    _extrapolations,
    _places,
    _figures,
    references.within_studies,
    references.regimens,
    references.key_figures,
    _empty_therapies,
    _sources,
)
