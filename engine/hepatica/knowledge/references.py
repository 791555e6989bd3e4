"""Every name that one part of a ruleset uses for another must be the name of something, and be used once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from hepatica.documents import Path
from hepatica.knowledge.draft import Draft, Located
from hepatica.knowledge.evidence import Result, Study
from hepatica.problems import Problem, quote, suggestion

EVERY_ARM = "all"
_MOST_LISTED = 12
_MOST_COMPARED = 300
_AFFECTED = frozenset({
    "nct", "status", "population", "n", "verdict", "name", "class", "p", "toxicity", "dose", "arms", "summary", "refs",
    "design", "primary_endpoints", "figures", "order", "approval", "text",
})  # fmt: skip


def citations(draft: Draft) -> Iterator[Problem]:
    """Rules cite studies that exist, each once."""
    known = {study.id for study, _ in draft.studies()}
    for rule, source in draft.rules():
        if not rule.cites:
            yield source.problem(("cites",), "uncited-rule", f"the rule {quote(rule.id)} cites no study; every rule needs one")
        for index, name in enumerate(rule.cites):
            if draft.lacks(name, known):
                yield source.problem(("cites", index), "unknown-study", _no_study(name, known))
        for index in repeated(rule.cites):
            yield source.problem(("cites", index), "duplicate-id", f"{quote(rule.cites[index])} is cited twice")


def key_figures(draft: Draft) -> Iterator[Problem]:
    """The figure that a rule shows first is a result of a study it cites."""
    results = {study.id: {f"{study.id}/{result.id}" for result in study.results} for study, _ in draft.studies()}
    for rule, source in draft.rules():
        study = rule.figure.partition("/")[0]
        unread = study in rule.cites and study not in results  # an unknown study is a problem of its own
        if rule.figure and not unread and not (study in rule.cites and rule.figure in results[study]):
            known = sorted(name for cited in set(rule.cites) for name in results.get(cited, ()))
            message = f"no result {quote(rule.figure)}; {_near(rule.figure, known)}"
            yield source.problem(("figure",), "unknown-result", message)


def within_studies(draft: Draft) -> Iterator[Problem]:
    """Arms, results and discrepancies that a study's own parts name are that study's."""
    for study, source in draft.studies():
        yield from _given_twice(study, source)
        yield from _arms(study, source)
        yield from _toxicity(study, source)
        yield from _discrepancies(study, source)
        yield from _affected(study, source)


def _given_twice(study: Study, source: Located) -> Iterator[Problem]:
    groups = {
        "results": [result.id for result in study.results],
        "arms": [arm.id for arm in study.arms],
        "discrepancies": [discrepancy.id for discrepancy in study.discrepancies],
    }
    for key, names in groups.items():
        for index in repeated(names):
            message = f"{quote(names[index])} is given twice in the {key} of {study.id}"
            yield source.problem((key, index, "id"), "duplicate-id", message)


def _arms(study: Study, source: Located) -> Iterator[Problem]:
    arms = {arm.id for arm in study.arms}
    for index, result in enumerate(study.results):
        for path, arm in _arms_named(result):
            if not _is_arm(arm, arms):
                yield source.problem(("results", index, *path), "unknown-arm", f"no arm {quote(arm)}; {_near(arm, sorted(arms))}")


def _arms_named(result: Result) -> Iterator[tuple[Path, str]]:
    corrected = result.corrected.arms if result.corrected else None
    groups: tuple[tuple[Path, Iterable[str]], ...] = (
        (("arms",), result.arms or ()),
        (("arm_ci",), result.arm_ci or ()),
        (("corrected", "arms"), corrected or ()),
    )
    return (((*path, arm), arm) for path, names in groups for arm in names)


def _is_arm(name: str, arms: Collection[str]) -> bool:
    """A study that names no arms takes any name."""
    return not arms or name in arms or name == EVERY_ARM


def _toxicity(study: Study, source: Located) -> Iterator[Problem]:
    arms = {arm.id for arm in study.arms}
    for index, event in enumerate(study.toxicity):
        if event.arm and not _is_arm(event.arm, arms):
            message = f"no arm {quote(event.arm)}; {_near(event.arm, sorted(arms))}"
            yield source.problem(("toxicity", index, "arm"), "unknown-arm", message)


def _discrepancies(study: Study, source: Located) -> Iterator[Problem]:
    known = {discrepancy.id: None for discrepancy in study.discrepancies}
    named: list[tuple[Path, str]] = [
        (("results", index, "corrected", "discrepancy"), result.corrected.discrepancy)
        for index, result in enumerate(study.results)
        if result.corrected
    ]
    named += [
        (("toxicity", index, "discrepancy"), event.discrepancy) for index, event in enumerate(study.toxicity) if event.discrepancy
    ]
    for path, name in named:
        if name not in known:
            yield source.problem(path, "unknown-discrepancy", f"no discrepancy {quote(name)} in {study.id}; {_near(name, known)}")


def _affected(study: Study, source: Located) -> Iterator[Problem]:
    known = {result.id for result in study.results} | _AFFECTED
    for index, discrepancy in enumerate(study.discrepancies):
        for position, target in enumerate(discrepancy.affects):
            if target not in known:
                message = f"{quote(target)} is no result of {study.id}; {_near(target, sorted(known))}"
                yield source.problem(("discrepancies", index, "affects", position), "unknown-result", message)


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
                message = (
                    f"no discrepancy {quote(regimen.discrepancy)} in {therapy.id}; {_near(regimen.discrepancy, sorted(known))}"
                )
                yield source.problem(("regimens", index, "discrepancy"), "unknown-discrepancy", message)


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
    """Few studies are listed; of many only the nearest is named."""
    shown = _near(name, sorted(studies))
    if len(studies) >= _MOST_LISTED:
        nearest, asked, _ = shown.partition("? ")
        shown = f"{nearest}?" if asked else "see `hepatica evidence list`"
    return f"no study {quote(name)}; {shown}"
