"""A small ruleset with cases, and a ruleset with one change made to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hepatica.assurance.mutation import Mutant
from hepatica.knowledge import Rule, Ruleset, Study
from tests.making import write_ruleset

CASES = """\
cases:
  - case: Untreated advanced disease with good liver function has Alpha as its standard.
    profile: {bclc_stage: C, child_pugh_class: A, prior_sorafenib: none, other_prior_systemic: []}
    scope: in
    options_exactly: [alpha]
    why:
      alpha: {rule: alpha-first, standing: standard, cites: [alpha-3]}
      beta: {blocked_by: [prior_sorafenib]}
  - case: Beta waits for AFP after sorafenib.
    profile: {bclc_stage: C, child_pugh_class: A, prior_sorafenib: progressed}
    possible: [beta]
    derived: {advanced_hcc: yes, untreated: no}
    why:
      beta: {needs: [afp]}
"""


def ruleset_with_cases(folder: Path, text: str = CASES) -> Path:
    """The small ruleset with one case file."""
    write_ruleset(folder)
    (folder / "cases").mkdir()
    (folder / "cases" / "small.yaml").write_text(text, encoding="utf-8")
    return folder


def changed(ruleset: Ruleset, mutant: Mutant) -> Ruleset:
    """The ruleset after one change, built anew."""
    kind, name = mutant.of
    if kind == "scope":
        assert mutant.condition is not None
        return replace(ruleset, card=replace(ruleset.card, scope=mutant.condition))
    if kind == "concept":
        assert mutant.condition is not None
        concept = replace(ruleset.concepts[name], when=mutant.condition)
        return replace(ruleset, concepts={**ruleset.concepts, name: concept})
    if kind == "study":
        therapies = {
            therapy.id: replace(
                therapy, studies=tuple(_study(study, mutant) if study.id == name else study for study in therapy.studies)
            )
            for therapy in ruleset.therapies.values()
        }
        return replace(ruleset, therapies=therapies)
    therapies = {
        therapy.id: replace(therapy, rules=tuple(_rule(rule, mutant) if rule.id == name else rule for rule in therapy.rules))
        for therapy in ruleset.therapies.values()
    }
    return replace(ruleset, therapies=therapies)


def _rule(rule: Rule, mutant: Mutant) -> Rule:
    if mutant.rule is not None:
        return mutant.rule
    assert mutant.condition is not None
    return replace(rule, when=mutant.condition)


def _study(study: Study, mutant: Mutant) -> Study:
    assert study.population is not None
    return replace(study, criteria=(), population=replace(study.population, when=mutant.condition))
