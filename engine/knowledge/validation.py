"""What a ruleset must be true of beyond its shape. Each check adds located problems; none stops the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.documents.tree import Node, Path
from engine.knowledge.conditions import ConceptTest, leaves
from engine.knowledge.evidence import Study
from engine.knowledge.figures import contradictions, response_above_control
from engine.knowledge.lines import ranges
from engine.knowledge.ruleset import Card, Concept, Note, Rule, Therapy
from engine.knowledge.standing import DEMANDS
from engine.problems import Problem, quote, suggestion

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}\Z")
_AS_OF = re.compile(r"\d{4}-\d{2}(?:-\d{2})?\Z")
LONGEST_ID = 80


@dataclass(frozen=True, slots=True)
class Source:
    """An object of the ruleset and where it is written."""

    file: str
    node: Node

    def problem(self, path: Path, code: str, message: str) -> Problem:
        """A problem at `path` inside the object."""
        return self.node.at(path).problem(self.file, code, message)


@dataclass(slots=True)
class Draft:
    """Everything read so far, with places; `problems` collects what is wrong with it.

    `unread` holds the ids in files that could not be read: naming them is no further fault.
    """

    card: tuple[Card, Source] | None
    concepts: list[tuple[Concept, Source]]
    therapies: list[tuple[Therapy, Source]]
    notes: list[tuple[Note, Source]]
    problems: list[Problem]
    unread: set[str] = field(default_factory=set)

    def studies(self) -> Iterator[tuple[Study, Source]]:
        """Every study with the place of its own mapping."""
        for therapy, source in self.therapies:
            for index, study in enumerate(therapy.studies):
                yield study, Source(source.file, source.node.at(("studies", index)))

    def rules(self) -> Iterator[tuple[Rule, Source]]:
        """Every rule with the place of its own mapping."""
        for therapy, source in self.therapies:
            for index, rule in enumerate(therapy.rules):
                yield rule, Source(source.file, source.node.at(("rules", index)))


def validate(draft: Draft) -> None:
    """Run every check."""
    for check in CHECKS:
        draft.problems.extend(check(draft))


def _ids(draft: Draft) -> Iterator[Problem]:
    groups: Mapping[str, Iterable[tuple[str, Source, str]]] = {
        "concept": ((c.id, s, "id") for c, s in draft.concepts),
        "therapy": ((t.id, s, "therapy") for t, s in draft.therapies),
        "study": ((t.id, s, "id") for t, s in draft.studies()),
        "rule": ((r.id, s, "id") for r, s in draft.rules()),
        "note": ((n.id, s, "id") for n, s in draft.notes),
    }
    for what, group in groups.items():
        seen: dict[str, Source] = {}
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
    if not _AS_OF.match(card.as_of):
        yield source.problem(("as_of",), "date", f"{quote(card.as_of)} is no date; allowed: 2016-08 or 2016-08-31")
    known = [therapy.id for therapy, _ in draft.therapies]
    for index, name in enumerate(card.therapies):
        if name not in known and name not in draft.unread:
            yield source.problem(("therapies", index), "unknown-therapy", f"no therapy {quote(name)}; {suggestion(name, known)}")
        if name in card.therapies[:index]:
            yield source.problem(("therapies", index), "duplicate-id", f"{quote(name)} is listed twice")
    for therapy, place in draft.therapies:
        if therapy.id not in card.therapies:
            yield place.problem(("therapy",), "unlisted-therapy", f"{quote(therapy.id)} is not in the card's list of therapies")


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


def _rules(draft: Draft) -> Iterator[Problem]:
    studies = {study.id: study for study, _ in draft.studies()}
    for rule, source in draft.rules():
        if not rule.cites:
            yield source.problem(("cites",), "uncited-rule", f"the rule {quote(rule.id)} cites no study; every rule needs one")
        cited = []
        for index, name in enumerate(rule.cites):
            if name in draft.unread:
                continue
            if name not in studies:
                message = f"no study {quote(name)}; {suggestion(name, studies)}" if len(studies) < 12 else _near(name, studies)
                yield source.problem(("cites", index), "unknown-study", message)
            else:
                cited.append(studies[name])
        yield from _other_tumours(rule, cited, source)
        demand = DEMANDS[rule.standing]
        if cited and not any(demand.borne_out_by(study) for study in cited if study.tumour == "hcc"):
            message = f"{rule.standing} needs {demand.needs}; cited: {', '.join(rule.cites)}"
            yield source.problem(("standing",), "standing", message)


def _key_figures(draft: Draft) -> Iterator[Problem]:
    known = {f"{study.id}/{result.id}" for study, _ in draft.studies() for result in study.results}
    for rule, source in draft.rules():
        if rule.figure and (rule.figure not in known or rule.figure.partition("/")[0] not in rule.cites):
            cited = sorted(name for name in known if name.partition("/")[0] in rule.cites)
            yield source.problem(
                ("figure",), "unknown-result", f"no result {quote(rule.figure)}; {suggestion(rule.figure, cited)}"
            )


def _empty_therapies(draft: Draft) -> Iterator[Problem]:
    for therapy, source in draft.therapies:
        if not therapy.rules:
            yield source.problem(("therapy",), "no-rule", f"{quote(therapy.id)} has no rule, so no answer could place it")


def _near(name: str, studies: Iterable[str]) -> str:
    shown = suggestion(name, studies)
    near = shown.split(";")[0] if shown.startswith("did you mean") else "see `hepatica evidence list`"
    return f"no study {quote(name)}; {near.removesuffix('?')}{'?' if near.startswith('did') else ''}"


def _other_tumours(rule: Rule, cited: list[Study], source: Source) -> Iterator[Problem]:
    for study in cited:
        if study.tumour != "hcc":
            message = f"{quote(study.id)} is about {study.tumour.replace('_', ' ')}; only studies of hcc can back a rule"
            yield source.problem(("cites", rule.cites.index(study.id)), "other-tumour", message)


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
        explained = {name for discrepancy in study.discrepancies for name in discrepancy.affects}
        for index, result in enumerate(study.results):
            if result.id in explained:
                continue
            for part, message in contradictions(result):
                hint = "record the discrepancy that explains it (affects: [...]) or mend the figure"
                yield source.problem(("results", index, part), "figure", f"{study.id}/{result.id}: {message}; {hint}")
        for first, second in response_above_control(study):
            if not {first.id, second.id} & explained:
                index = study.results.index(first)
                message = f"{study.id}/{first.id}: response above disease control ({second.id}) in the same arm"
                yield source.problem(("results", index), "figure", message)


def _studies(draft: Draft) -> Iterator[Problem]:
    for study, source in draft.studies():
        arms = [arm.id for arm in study.arms]
        names = {result.id for result in study.results}
        discrepancies = {discrepancy.id for discrepancy in study.discrepancies}
        for index, result in enumerate(study.results):
            path: Path = ("results", index)
            if [r.id for r in study.results].index(result.id) != index:
                yield source.problem((*path, "id"), "duplicate-id", f"the result {quote(result.id)} is given twice in {study.id}")
            for arm in (*(result.arms or {}), *(result.arm_ci95 or {})):
                if arms and arm not in arms and arm != "all":
                    yield source.problem((*path, "arms", arm), "unknown-arm", f"no arm {quote(arm)}; {suggestion(arm, arms)}")
            if not result.lines and not result.corrected:
                yield source.problem(path, "lines", f"{study.id}/{result.id}: a figure needs its lines, or only a correction")
            if result.corrected and result.corrected.discrepancy not in discrepancies:
                name = result.corrected.discrepancy
                message = f"no discrepancy {quote(name)} in {study.id}; {suggestion(name, discrepancies)}"
                yield source.problem((*path, "corrected"), "unknown-discrepancy", message)
        for index, discrepancy in enumerate(study.discrepancies):
            for position, target in enumerate(discrepancy.affects):
                if target not in names | _AFFECTED:
                    allowed = sorted(names | _AFFECTED)
                    message = f"{quote(target)} is no result of {study.id}; {suggestion(target, allowed)}"
                    yield source.problem(("discrepancies", index, "affects", position), "unknown-result", message)


_AFFECTED = {
    "nct", "status", "population", "n", "verdict", "name", "class", "p", "toxicity", "dose", "arms", "summary", "refs",
    "design", "primary_endpoint", "figures", "order", "approval", "text",
}  # fmt: skip


def _studies_cited_by_regimens(draft: Draft) -> Iterator[Problem]:
    known = [study.id for study, _ in draft.studies()]
    for therapy, source in draft.therapies:
        for index, regimen in enumerate(therapy.regimens):
            if regimen.study and regimen.study not in known:
                yield source.problem(("regimens", index, "study"), "unknown-study", _near(regimen.study, known))


def _conditions_not_empty(draft: Draft) -> Iterator[Problem]:
    for rule, source in draft.rules():
        if not any(leaves(rule.when)):
            yield source.problem(("when",), "condition", f"the rule {quote(rule.id)} has no condition")


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    _ids,
    _card,
    _concept_cycles,
    _rules,
    _places,
    _figures,
    _studies,
    _studies_cited_by_regimens,
    _conditions_not_empty,
    _key_figures,
    _empty_therapies,
)
