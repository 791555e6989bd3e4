"""Finding studies in a ruleset: by filters, by id or name, by words; and how much a ruleset holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, get_args

from hepatica.knowledge.conditions import Test, leaves
from hepatica.knowledge.evidence import Basis, Outcome, Phase, Status, Study
from hepatica.knowledge.ruleset import Rule, Ruleset, Therapy
from hepatica.knowledge.standing import STANDINGS
from hepatica.problems import InvalidInput, Problem, quote, suggestion

OUTCOMES: tuple[str, ...] = get_args(Outcome)
PHASES: tuple[str, ...] = get_args(Phase)
STATUSES: tuple[str, ...] = get_args(Status)
UNSTATED = "not_stated"
_MOST_WORDS = 20


class Found(NamedTuple):
    """A study, the therapy whose file it stands in, and every rule that cites it with that rule's therapy."""

    study: Study
    therapy: Therapy
    cited_by: tuple[tuple[Therapy, Rule], ...]


class Filters(NamedTuple):
    """What a listing is narrowed to; an empty string narrows nothing."""

    therapy: str = ""
    line: str = ""
    phase: str = ""
    status: str = ""
    biomarker: str = ""
    region: str = ""
    outcome: str = ""


def catalogue(ruleset: Ruleset) -> tuple[Found, ...]:
    """Every study, in the card's order of therapies and the order of writing."""
    cited: dict[str, list[tuple[Therapy, Rule]]] = {name: [] for name in ruleset.studies}
    for therapy, rule in ruleset.rules_with_therapy():
        for name in rule.cites:
            cited[name].append((therapy, rule))
    therapies = ruleset.therapies.values()
    return tuple(Found(study, therapy, tuple(cited[study.id])) for therapy in therapies for study in therapy.studies)


def select(ruleset: Ruleset, filters: Filters) -> tuple[Found, ...]:
    """The studies that pass every filter. Raises `InvalidInput` for a word the ruleset does not know."""
    regions = _regions(ruleset)
    allowed: Mapping[str, Iterable[str]] = {
        "therapy": ruleset.therapies,
        "biomarker": sorted({name for study in ruleset.studies.values() for name in study.biomarkers}),
        "region": regions,
    }
    problems = [
        Problem(f"--{name}", 1, 1, f"unknown-{name}", f"no {name} {quote(value)}; {suggestion(value, words)}")
        for name, words in allowed.items()
        if (value := getattr(filters, name)) and value not in words
    ]
    if problems:
        raise InvalidInput(problems)
    wanted = {name: value for name, value in filters._asdict().items() if value}
    held = ((found, _held(found, regions)) for found in catalogue(ruleset))
    return tuple(found for found, has in held if all(value in has[name] for name, value in wanted.items()))


def _held(found: Found, regions: Mapping[str, frozenset[str]]) -> Mapping[str, Iterable[str]]:
    """For each filter the values that keep a study; for a region every one, and every group, that shares some of its own."""
    study = found.study
    # A study may name a region or a group of them: both become single regions, and so does what is asked for.
    own = frozenset().union(*(regions.get(name, [name]) for name in study.regions))
    return {
        "therapy": {found.therapy.id, *(therapy.id for therapy, _ in found.cited_by)},
        "line": [study.setting],
        "phase": [study.phase or ""],
        "status": [study.status],
        "biomarker": study.biomarkers,
        "region": {name for name, inside in regions.items() if own & inside},
        "outcome": [study.outcome],
    }


def _regions(ruleset: Ruleset) -> Mapping[str, frozenset[str]]:
    """What each region, and each concept that is nothing but a set of regions (asian, western), stands for."""
    found = {name: frozenset([name]) for name in (ruleset.fields["region"].values if "region" in ruleset.fields else ())}
    for name, concept in ruleset.concepts.items():
        tests = [leaf for leaf in leaves(concept.when) if isinstance(leaf, Test) and leaf.field == "region"]
        # Only tests of the region, however they are joined: in practice one list, or any of several.
        if len(tests) == len(leaves(concept.when)):
            found[name] = frozenset(str(word) for test in tests for word in test.operands)
    return found


def find_study(ruleset: Ruleset, name: str) -> Found:
    """The study of an id, a name or a registry number, whatever the case. Raises `InvalidInput` with the nearest ids."""
    wanted = _folded(name)
    every = catalogue(ruleset)
    for part in ("id", "name", "nct"):
        matches = [found for found in every if getattr(found.study, part) and _folded(getattr(found.study, part)) == wanted]
        if len(matches) == 1:
            return matches[0]
    ids = [found.study.id for found in every]
    nearest, asked, _ = suggestion(name, ids).partition("? ")
    hint = f"{nearest}?" if asked else "`hepatica evidence list` shows all"
    if holding := [study for study in ids if wanted and wanted in study][:5]:
        hint = f"did you mean {' or '.join(map(repr, holding))}?"
    raise InvalidInput.at("STUDY", "unknown-study", f"no study {quote(name)}; {hint}")


def search(ruleset: Ruleset, words: tuple[str, ...]) -> tuple[Found, ...]:
    """The studies in which every word occurs: in names, ids, registry numbers, drugs, synonyms, classes, targets,
    biomarkers, regions or subgroups, and in what a discrepancy says of a name or registry number.

    Those found by id, name or registry number come first. At most 20 words are read.
    """
    wanted = [folded for word in words[:_MOST_WORDS] if (folded := _folded(word))]
    first: list[Found] = []
    others: list[Found] = []
    for found in catalogue(ruleset) if wanted else ():
        therapy, study = found.therapy, found.study
        names = (study.id, study.name, study.nct)
        renamed = [item for item in study.discrepancies if {"name", "nct"} & set(item.affects)]
        texts = [*names, therapy.id, therapy.name, therapy.drug_class, *therapy.synonyms, *therapy.targets, study.countries]
        texts += [study.tumour, *study.drugs, *study.biomarkers, *study.regions, *(result.subgroup for result in study.results)]
        texts += [text for item in renamed for text in (item.prints, item.correction)]
        if _holds(texts, wanted):
            (first if _holds(names, wanted) else others).append(found)
    return (*first, *others)


def _holds(texts: Iterable[str], words: Iterable[str]) -> bool:
    joined = "\n".join(map(_folded, texts))
    return all(word in joined for word in words)


def _folded(text: str) -> str:
    """Lower case without spaces, hyphens and underscores: JX 594 finds JX-594."""
    return "".join(char for char in text.casefold() if char not in " -_")


def counts(ruleset: Ruleset) -> dict[str, int | dict[str, int]]:
    """Records by kind. A figure is one printed value: an arm's figure, a ratio, an interval, a P, a rate, a number."""
    studies = ruleset.studies.values()
    standings = Counter(rule.standing for rule in ruleset.rules.values())
    bases = Counter(item.basis for study in studies for item in study.discrepancies)
    return {
        "therapies": len(ruleset.therapies),
        "rules": len(ruleset.rules),
        "rules_by_standing": {name: standings[name] for name in STANDINGS},
        "studies": len(studies),
        "studies_of_other_tumours": sum(study.tumour != ruleset.card.tumour for study in studies),
        "figures": sum(1 for study in studies for figure in _figures(study) if figure is not None),
        "corrected_results": sum(result.corrected is not None for study in studies for result in study.results),
        "discrepancies": bases.total(),
        "discrepancies_by_basis": {name: bases[name] for name in get_args(Basis)},
        "notes": len(ruleset.notes),
        "left_out": sum(len(omission.numbers) for omission in ruleset.omissions),
    }


def _figures(study: Study) -> Iterator[object]:
    for result in study.results:
        if result.lines:
            yield from (*(result.arms or {}).values(), *(result.arm_ci or {}).values(), result.hr, result.ci, result.p)
    for event in study.toxicity:
        yield from (event.percent, event.count)
    yield from (figure.value for figure in study.figures)
    yield from (arm.n for arm in study.arms)
