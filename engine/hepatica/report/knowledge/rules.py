"""The rules as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hepatica.knowledge import (
    DEMANDS,
    AllOf,
    ConceptTest,
    Condition,
    NotOf,
    Rule,
    Ruleset,
    Test,
    Therapy,
    condition_words,
    leaves,
)
from hepatica.notice import notice
from hepatica.report.old_document import framed
from hepatica.report.old_markdown import escaped
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging, wrapped

Pairs = list[tuple[Therapy, Rule]]


def text(ruleset: Ruleset, found: Pairs, style: Style, *, full: bool) -> str:
    """Rules by therapy; `full` adds what each cites and its caveats."""
    return "\n".join(_text(ruleset, found, style, full)) + "\n"


def _text(ruleset: Ruleset, found: Pairs, style: Style, full: bool) -> Iterator[str]:
    yield style.bold(f"{len(found)} of {len(ruleset.rules)} rules, {ruleset.card.id} {ruleset.card.version}")
    previous = ""
    for therapy, rule in found:
        if therapy.id != previous:
            previous = therapy.id
            yield ""
            yield from hanging("", f"{style.bold(therapy.name)} ({therapy.id}): {therapy.drug_class}", 2)
        standing = DEMANDS[rule.standing].phrase
        yield from hanging("  ", f"{rule.id} [{standing}, {rule.line} line]", 6)
        yield from hanging("      ", rule.says, 6)
        yield from hanging("      when ", condition_words(rule.when), 8)
        if full:
            yield from _details(ruleset, rule)
    yield ""
    yield from wrapped(notice(ruleset.card.as_of))


def _details(ruleset: Ruleset, rule: Rule) -> Iterator[str]:
    for name in rule.cites:
        study = ruleset.studies[name]
        yield from hanging("      cites ", f"{study.id}: {study.name}, review lines {study.source.lines}", 8)
    for caveat in rule.caveats:
        yield from hanging("      but ", caveat.says, 8)
    if rule.extrapolates:
        yield from hanging("      extrapolates: ", rule.extrapolates.says, 8)
    yield f"      written at {ruleset.places.get(f'rule/{rule.id}', '')}"


def markdown(ruleset: Ruleset, found: Pairs) -> str:
    """One table of rules."""
    rows = ["| therapy | rule | standing | line | says | when | cites |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for therapy, rule in found:
        cells = [therapy.name, rule.id, rule.standing, rule.line, rule.says, condition_words(rule.when), ", ".join(rule.cites)]
        rows.append("| " + " | ".join(escaped(cell) for cell in cells) + " |")
    title = f"# Rules of {ruleset.card.id} {ruleset.card.version}"
    return "\n".join([title, "", *rows, "", f"> {notice(ruleset.card.as_of)}", ""])


def document(ruleset: Ruleset, found: Pairs) -> dict[str, Any]:
    """Rules and concepts as JSON-ready values; conditions in the form they are written in."""
    rules = [
        {
            "therapy": therapy.id,
            "rule": rule.id,
            "says": rule.says,
            "standing": rule.standing,
            "line": rule.line,
            "when": written(rule.when),
            "fields": sorted(fields_of(ruleset, rule.when)),
            "cites": list(rule.cites),
            "caveats": [caveat.says for caveat in rule.caveats],
            "extrapolates": rule.extrapolates.says if rule.extrapolates else "",
            "review_lines": rule.source.lines,
            "written_at": ruleset.places.get(f"rule/{rule.id}", ""),
        }
        for therapy, rule in found
    ]
    concepts = [{"concept": c.id, "says": c.says, "when": written(c.when)} for c in ruleset.concepts.values()]
    return framed(ruleset, {"scope": written(ruleset.card.scope), "concepts": concepts, "rules": rules})


def written(condition: Condition) -> dict[str, Any]:
    """A condition as plain values, one key to an operator."""
    if isinstance(condition, Test):
        return {"field": condition.field, "operator": condition.operator, "values": list(condition.operands)}
    if isinstance(condition, ConceptTest):
        return {"concept": condition.concept, "is": condition.wanted}
    if isinstance(condition, NotOf):
        return {"not": written(condition.part)}
    key = "all" if isinstance(condition, AllOf) else "any"
    return {key: [written(part) for part in condition.parts]}


def fields_of(ruleset: Ruleset, condition: Condition) -> set[str]:
    """The fields a condition depends on, through concepts too."""
    found: set[str] = set()
    for leaf in leaves(condition):
        found |= {leaf.field} if isinstance(leaf, Test) else fields_of(ruleset, ruleset.concepts[leaf.concept].when)
    return found


def searched(ruleset: Ruleset, therapy: Therapy, rule: Rule) -> str:
    """The text in which a search looks, in lower case."""
    studies = [ruleset.studies[name] for name in rule.cites]
    parts = [
        *(therapy.id, therapy.name, therapy.drug_class, *therapy.synonyms, rule.id, rule.says, rule.standing),
        condition_words(rule.when),
        *(caveat.says for caveat in rule.caveats),
        *(text for study in studies for text in (study.id, study.name, study.nct)),
    ]
    return " ".join(parts).lower()
