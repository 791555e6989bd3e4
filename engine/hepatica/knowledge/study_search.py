"""Finding studies in a ruleset: by filters, by id or name, by words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, get_args

from hepatica.knowledge.conditions import Test, leaves
from hepatica.knowledge.evidence import Outcome, Phase, Status, Study, StudyKind
from hepatica.knowledge.ruleset import Rule, Ruleset, Therapy
from hepatica.problems import InvalidInput, Problem, quote, suggestion

OUTCOMES: tuple[str, ...] = get_args(Outcome)
UNSTATED = "not_stated"
PHASES: tuple[str, ...] = get_args(Phase)
STATUSES: tuple[str, ...] = get_args(Status)
KINDS: tuple[str, ...] = get_args(StudyKind)
MOST_WORDS = 20


class Found(NamedTuple):
    """A study, the therapy whose file it stands in, and every rule that cites it with that rule's therapy."""

    study: Study
    therapy: Therapy
    cited_by: tuple[tuple[Therapy, Rule], ...]

    @property
    def outcome(self) -> str:
        """What became of the primary endpoints: one of `OUTCOMES`."""
        return self.study.outcome


class Filters(NamedTuple):
    """What a listing is narrowed to; an empty string narrows nothing."""

    therapy: str = ""
    line: str = ""
    phase: str = ""
    status: str = ""
    biomarker: str = ""
    region: str = ""
    outcome: str = ""
    tumour: str = ""


def catalogue(ruleset: Ruleset) -> tuple[Found, ...]:
    """Every study, in the card's order of therapies and the order of writing."""
    cited = {name: [] for name in ruleset.studies}  # type: dict[str, list[tuple[Therapy, Rule]]]
    for therapy, rule in ruleset.rules_with_therapy():
        for name in rule.cites:
            cited[name].append((therapy, rule))
    return tuple(
        Found(study, therapy, tuple(cited[study.id])) for therapy in ruleset.therapies.values() for study in therapy.studies
    )


def select(ruleset: Ruleset, filters: Filters) -> tuple[Found, ...]:
    """The studies that pass every filter. Raises `InvalidInput` for a word the ruleset does not know."""
    _known(ruleset, filters)
    regions = _regions(ruleset, filters.region)
    return tuple(found for found in catalogue(ruleset) if _passes(found, filters, regions, ruleset))


def _passes(found: Found, filters: Filters, regions: frozenset[str], ruleset: Ruleset) -> bool:
    study = found.study
    therapies = {found.therapy.id, *(therapy.id for therapy, _ in found.cited_by)}
    exact = (
        (filters.line, study.setting),
        (filters.phase, study.phase or ""),
        (filters.status, study.status),
        (filters.outcome, found.outcome),
        (filters.tumour, study.tumour),
    )
    return (
        all(not wanted or wanted == held for wanted, held in exact)
        and (not filters.therapy or filters.therapy in therapies)
        and (not filters.biomarker or filters.biomarker in study.biomarkers)
        and (not filters.region or any(regions & _regions(ruleset, name) for name in study.regions))
    )


def _known(ruleset: Ruleset, filters: Filters) -> None:
    allowed = {
        "therapy": list(ruleset.therapies),
        "biomarker": sorted({name for study in ruleset.studies.values() for name in study.biomarkers}),
        "region": [*(ruleset.fields["region"].values if "region" in ruleset.fields else ()), *_groups(ruleset)],
        "tumour": sorted({study.tumour for study in ruleset.studies.values()}),
    }
    problems = [
        Problem(f"--{name}", 1, 1, f"unknown-{name}", f"no {name} {quote(value)}; {suggestion(value, words)}")
        for name, words in allowed.items()
        if (value := getattr(filters, name)) and value not in words
    ]
    if problems:
        raise InvalidInput(problems)


def _groups(ruleset: Ruleset) -> list[str]:
    """The concepts that are nothing but a set of regions (asian, western)."""
    return [
        name
        for name, concept in ruleset.concepts.items()
        if all(isinstance(leaf, Test) and leaf.field == "region" for leaf in leaves(concept.when))
    ]


def _regions(ruleset: Ruleset, name: str) -> frozenset[str]:
    """The regions that a region or a group of regions stands for."""
    if name not in _groups(ruleset):
        return frozenset([name] if name else [])
    tests = [leaf for leaf in leaves(ruleset.concepts[name].when) if isinstance(leaf, Test)]
    return frozenset(str(word) for test in tests for word in test.operands)


def find_study(ruleset: Ruleset, name: str) -> Found:
    """The study of an id, a name or a registry number, whatever the case. Raises `InvalidInput` with the nearest ids."""
    wanted = _folded(name)
    every = catalogue(ruleset)
    for part in ("id", "name", "nct"):
        matches = [found for found in every if getattr(found.study, part) and _folded(getattr(found.study, part)) == wanted]
        if len(matches) == 1:
            return matches[0]
    raise InvalidInput([Problem("STUDY", 1, 1, "unknown-study", _unknown(name, every))])


def _unknown(name: str, every: tuple[Found, ...]) -> str:
    ids = [found.study.id for found in every]
    near = suggestion(name, ids).split(";")[0].partition(" allowed:")[0]
    holding = [study for study in ids if _folded(name) and _folded(name) in study][:5]
    if holding:
        hint = f"did you mean {' or '.join(repr(study) for study in holding)}?"
    elif near.startswith("did you mean"):
        hint = near
    else:
        hint = "`hepatica evidence list` shows all"
    return f"no study {quote(name)}; {hint}"


def search(ruleset: Ruleset, words: tuple[str, ...]) -> tuple[Found, ...]:
    """The studies in which every word occurs: in names, ids, registry numbers, drugs, synonyms, classes, targets,
    biomarkers, regions or subgroups, and in what a discrepancy says of a name or registry number.

    Those found by id, name or registry number come first. At most 20 words are read.
    """
    wanted = [_folded(word) for word in words[:MOST_WORDS] if _folded(word)]
    hits = [found for found in catalogue(ruleset) if wanted and all(_occurs(word, _texts(found)) for word in wanted)]
    return tuple(sorted(hits, key=lambda found: not all(_occurs(word, _names(found.study)) for word in wanted)))


def _occurs(word: str, texts: Iterator[str]) -> bool:
    return any(word in _folded(text) for text in texts)


def _names(study: Study) -> Iterator[str]:
    yield from (study.id, study.name, study.nct)


def _texts(found: Found) -> Iterator[str]:
    therapy, study = found.therapy, found.study
    yield from _names(study)
    yield from (therapy.id, therapy.name, therapy.drug_class, *therapy.synonyms, *therapy.targets)
    yield from (*study.drugs, *study.biomarkers, *study.regions, study.countries, study.tumour)
    yield from (result.subgroup for result in study.results)
    renamed = (item for item in study.discrepancies if {"name", "nct"} & set(item.affects))
    yield from (text for item in renamed for text in (item.prints, item.correction))


def _folded(text: str) -> str:
    """Lower case without spaces, hyphens and underscores: JX 594 finds JX-594."""
    return "".join(char for char in text.casefold() if char not in " -_")
