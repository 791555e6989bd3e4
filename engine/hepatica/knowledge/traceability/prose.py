"""Holds the sentences of a ruleset against its records: a number a reader meets must be recorded, corrected or printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal

from hepatica.documents import Node, Path, read_yaml
from hepatica.knowledge.evidence import Study
from hepatica.knowledge.files import RulesetFiles
from hepatica.knowledge.lines import ranges
from hepatica.knowledge.ruleset import Rule, Ruleset, Therapy
from hepatica.knowledge.traceability.numbers import digits, tokens, values
from hepatica.problems import Problem, quote

_SENTENCES = ("says", "summary", "about", "design", "n_says")


def unfounded(ruleset: Ruleset, files: RulesetFiles, text: Sequence[str]) -> Iterator[Problem]:
    """Numbers in sentences that neither the studies they speak of nor the lines they name hold.

    What a discrepancy says is printed must stand at its own lines.
    """
    printed = [{token.value for token in found} for found in (tokens([line]) for line in text)]
    for name, data in sorted(files.contents.items()):
        if not name.startswith("therapies/"):
            continue
        node = read_yaml(data, files.shown[name])
        therapy = ruleset.therapies.get(node.at(("therapy",)).raw)
        if therapy is not None:
            yield from _therapy(therapy, ruleset.studies, node, files.shown[name], printed)


def _therapy(
    therapy: Therapy, studies: Mapping[str, Study], node: Node, file: str, printed: Sequence[set[Decimal]]
) -> Iterator[Problem]:
    for index, study in enumerate(therapy.studies):
        known = _numbers(study) | _at(study.source.lines, printed)
        yield from _sentences(study, node, ("studies", index), known, file)
        for place, discrepancy in enumerate(study.discrepancies):
            quoted = node.at(("studies", index, "discrepancies", place, "prints"))
            yield from _held(discrepancy.id, discrepancy.prints, quoted, _at(discrepancy.lines, printed), file)
    for index, rule in enumerate(therapy.rules):
        known = _at(_places(rule), printed).union(*(_numbers(studies[name]) for name in rule.cites))
        yield from _sentences(rule, node, ("rules", index), known, file)


def _sentences(item: Study | Rule, node: Node, path: Path, known: set[Decimal], file: str) -> Iterator[Problem]:
    for where, sentence in _prose(item, path):
        yield from _held(item.id, sentence, node.at(where), known, file)


def _held(name: str, sentence: str, place: Node, known: set[Decimal], file: str) -> Iterator[Problem]:
    for number in digits(sentence):
        if Decimal(number) not in known:
            message = f"{name}: {number} is in no record it rests on, nor at its lines: {quote(sentence)}"
            yield place.problem(file, "number-without-record", message)


def _prose(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every sentence below a record with its place; discrepancies and corrections are records themselves."""
    if isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _prose(inner, (*path, index))
    elif is_dataclass(value):
        for name in (item.name for item in fields(value)):
            inner = getattr(value, name)
            if name in _SENTENCES and isinstance(inner, str):
                yield (*path, name), inner
            elif name not in ("discrepancies", "corrected", "when"):
                yield from _prose(inner, (*path, name))


def _numbers(value: object) -> set[Decimal]:
    """Every number of a study's records, its discrepancies included and its sentences left out."""
    if isinstance(value, (str, int, float)):
        return set(values(str(value)))
    if isinstance(value, dict):
        return set().union(*(_numbers(inner) for inner in value.values()))
    if isinstance(value, tuple):
        return set().union(*(_numbers(inner) for inner in value))
    found: set[Decimal] = set()
    if is_dataclass(value):
        for item in fields(value):
            if item.name not in (*_SENTENCES, "when", "lines", "refs"):
                found |= _numbers(getattr(value, item.name))
    return found


def _places(rule: Rule) -> str:
    return ", ".join(place for place in (rule.source.lines, *(caveat.lines for caveat in rule.caveats)) if place)


def _at(lines: str, printed: Sequence[set[Decimal]]) -> set[Decimal]:
    spans = ranges(lines) or ()
    return set().union(*(printed[line - 1] for first, last in spans for line in range(first, min(last, len(printed)) + 1)))
