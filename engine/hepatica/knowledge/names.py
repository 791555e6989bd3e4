"""Every name that one part of a ruleset uses for another must be the name of something, and be given once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from hepatica.documents import Node, Path
from hepatica.knowledge.draft import Draft, Located, children
from hepatica.knowledge.evidence import Criterion, Discrepancy, Place, Reference, Result, Study
from hepatica.problems import Problem, quote, suggestion

EVERY_ARM = "all"
LONGEST_ID = 80
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_MOST_LISTED, _MOST_COMPARED = 12, 300
_AFFECTED = frozenset({
    "nct", "status", "population", "n", "verdict", "name", "class", "p", "toxicity", "dose", "arms", "summary", "refs",
    "design", "primary_endpoints", "figures", "order", "approval", "text",
})  # fmt: skip


def ids(draft: Draft) -> Iterator[Problem]:
    """Ids are lower-case words, each given once among its kind."""
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
                message = f"{quote(identifier)} is no id; allowed: lower-case words joined by - or _"
                yield source.problem((key,), "bad-id", message)
            first = seen.setdefault(identifier, source)
            if first is not source:
                message = f"the {what} {quote(identifier)} is already at {first.file}:{first.node.line}"
                yield source.problem((key,), "duplicate-id", message)


def citations(draft: Draft) -> Iterator[Problem]:
    """Rules cite studies that exist, each once; what a rule shows, excuses and rests on is among them."""
    studies = {study.id: study for study, _ in draft.studies()}
    for rule, source in draft.rules():
        if not rule.cites:
            yield source.problem(("cites",), "uncited-rule", f"the rule {quote(rule.id)} cites no study; every rule needs one")
        for index, name in enumerate(rule.cites):
            if draft.lacks(name, studies):
                yield source.problem(("cites", index), "unknown-study", _no_study(name, studies))
        for index in repeated(rule.cites):
            yield source.problem(("cites", index), "duplicate-id", f"{quote(rule.cites[index])} is cited twice")
        cited = [studies[name] for name in dict.fromkeys(rule.cites) if name in studies]
        results = sorted(f"{study.id}/{result.id}" for study in cited for result in study.results)
        read = rule.figure.partition("/")[0] in studies or rule.figure.partition("/")[0] not in rule.cites
        if rule.figure and read and rule.figure not in results:
            message = f"no result {quote(rule.figure)}; {_near(rule.figure, results)}"
            yield source.problem(("figure",), "unknown-result", message)
        wider = rule.extrapolates
        if wider is not None:
            at = ("extrapolates", "studies")
            yield from _unknown(source, at, wider.studies, rule.cites, "unknown-study", f"{rule.id} does not cite")
            yield from _unknown(source, ("extrapolates", "fields"), wider.fields, draft.fields, "unknown-field", "no field")


def _unknown(
    source: Located, path: Path, names: Iterable[str], known: Collection[str], code: str, lead: str
) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name not in known:
            yield source.problem((*path, index), code, f"{lead} {quote(name)}; {_near(name, list(known))}")


def within_studies(draft: Draft) -> Iterator[Problem]:
    """Arms, results and discrepancies that a study's own parts name are that study's."""
    for study, source in draft.studies():
        for key, names in _named_parts(study).items():
            for index in repeated(names):
                message = f"{quote(names[index])} is given twice in the {key} of {study.id}"
                yield source.problem((key, index, "id"), "duplicate-id", message)
        yield from _arms(study, source)
        yield from _discrepancies(study, source)
        known = {result.id for result in study.results} | _AFFECTED
        for index, item in enumerate(study.discrepancies):
            at = ("discrepancies", index, "affects")
            for position, target in enumerate(item.affects):
                if target not in known:
                    message = f"{quote(target)} is no result of {study.id}; {_near(target, sorted(known))}"
                    yield source.problem((*at, position), "unknown-result", message)


def _named_parts(study: Study) -> Mapping[str, list[str]]:
    return {
        "results": [result.id for result in study.results],
        "arms": [arm.id for arm in study.arms],
        "discrepancies": [discrepancy.id for discrepancy in study.discrepancies],
    }


def _arms(study: Study, source: Located) -> Iterator[Problem]:
    """A study that names no arms takes any name."""
    arms = {arm.id for arm in study.arms}
    named = [((*("results", index), *path), arm) for index, result in enumerate(study.results) for path, arm in _arms_of(result)]
    named += [(("toxicity", index, "arm"), event.arm) for index, event in enumerate(study.toxicity) if event.arm]
    for path, arm in named if arms else ():
        if arm not in arms and arm != EVERY_ARM:
            yield source.problem(path, "unknown-arm", f"no arm {quote(arm)}; {_near(arm, sorted(arms))}")


def _arms_of(result: Result) -> Iterator[tuple[Path, str]]:
    corrected = result.corrected.arms if result.corrected else None
    groups: tuple[tuple[Path, Iterable[str]], ...] = (
        (("arms",), result.arms or ()),
        (("arm_ci",), result.arm_ci or ()),
        (("corrected", "arms"), corrected or ()),
    )
    return (((*path, arm), arm) for path, names in groups for arm in names)


def _discrepancies(study: Study, source: Located) -> Iterator[Problem]:
    """What is corrected names its discrepancy, and is no surer than that."""
    known = {discrepancy.id: discrepancy for discrepancy in study.discrepancies}
    named: list[tuple[Path, str, str]] = [
        (("results", index, "corrected"), result.corrected.discrepancy, result.corrected.basis)
        for index, result in enumerate(study.results)
        if result.corrected
    ]
    named += [(("toxicity", i), event.discrepancy, "") for i, event in enumerate(study.toxicity) if event.discrepancy]
    for path, name, basis in named:
        if name not in known:
            message = f"no discrepancy {quote(name)} in {study.id}; {_near(name, list(known))}"
            yield source.problem((*path, "discrepancy"), "unknown-discrepancy", message)
        elif basis == "confirmed" and known[name].basis != "confirmed":
            message = f"called confirmed, while its discrepancy {name} is {known[name].basis}"
            yield source.problem((*path, "basis"), "unread-source", message)


def regimens(draft: Draft) -> Iterator[Problem]:
    """A regimen's study exists, and its discrepancy is one of that study or of the therapy's own studies."""
    studies = {study.id: study for study, _ in draft.studies()}
    for therapy, source in draft.therapies:
        own = {discrepancy.id for study in therapy.studies for discrepancy in study.discrepancies}
        for index, regimen in enumerate(therapy.regimens):
            named = studies.get(regimen.study)
            if regimen.study and draft.lacks(regimen.study, studies):
                yield source.problem(("regimens", index, "study"), "unknown-study", _no_study(regimen.study, studies))
            known = own | {discrepancy.id for discrepancy in named.discrepancies} if named else own
            if regimen.discrepancy and regimen.discrepancy not in known and (named or not regimen.study):
                near = _near(regimen.discrepancy, sorted(known))
                message = f"no discrepancy {quote(regimen.discrepancy)} in {therapy.id}; {near}"
                yield source.problem(("regimens", index, "discrepancy"), "unknown-discrepancy", message)


def references(draft: Draft) -> Iterator[Problem]:
    """Every reference that is named exists, and what is called confirmed names one that was read."""
    known = {reference.id: reference for reference, _ in draft.references}
    if draft.card is not None:
        yield from _unknown(draft.card[1], ("sources",), draft.card[0].sources, known, "unknown-reference", "no reference")
    for study, source in draft.studies():
        if study.reference and study.reference not in known:
            yield source.problem(("reference",), "unknown-reference", _no_reference(study.reference, known))
        groups: Mapping[str, Sequence[Discrepancy | Criterion]]
        groups = {"discrepancies": study.discrepancies, "criteria": study.criteria}
        for key, group in groups.items():
            for index, item in enumerate(group):
                if item.basis == "confirmed" and not _was_read(item.source, known):
                    message = f"{study.id}: confirmed needs a source ({{ref, place}}) that was read; without one it is recalled"
                    yield source.problem((key, index, "basis"), "unread-source", message)
    for place in (located for parts in (draft.concepts, draft.therapies, draft.notes) for _, located in parts):
        yield from _references_below(place, place.node, known)


def _was_read(place: Place | None, known: Mapping[str, Reference]) -> bool:
    return place is not None and place.ref in known and known[place.ref].was_read


def _references_below(place: Located, node: Node, known: Mapping[str, Reference]) -> Iterator[Problem]:
    for child in children(node):
        yield from _references_below(place, child, known)
    if isinstance(node.value, dict) and "source" in node.value:
        named = node.value["source"].at(("ref",))
        if named is not node.value["source"] and named.raw not in known:
            yield named.problem(place.file, "unknown-reference", _no_reference(named.raw, known))


def repeated(names: Sequence[str]) -> list[int]:
    """Positions of names that stand earlier in the list, too."""
    seen: set[str] = set()
    again = []
    for index, name in enumerate(names):
        if name in seen:
            again.append(index)
        seen.add(name)
    return again


def _near(name: str, known: Collection[str]) -> str:
    """What is allowed; of very many names only their number, for the nearest would be long in finding."""
    return suggestion(name, known) if len(known) <= _MOST_COMPARED else f"allowed: one of {len(known)} names"


def _no_study(name: str, studies: Collection[str]) -> str:
    return f"no study {quote(name)}; {_nearest(name, studies, 'see `hepatica evidence list`')}"


def _no_reference(name: str, known: Collection[str]) -> str:
    return f"no reference {quote(name)}; {_nearest(name, known, 'see references.yaml')}"


def _nearest(name: str, known: Collection[str], otherwise: str) -> str:
    """Few names are listed; of many only the nearest is told."""
    shown = _near(name, sorted(known))
    if len(known) < _MOST_LISTED:
        return shown
    nearest, asked, _ = shown.partition("? ")
    return f"{nearest}?" if asked else otherwise
