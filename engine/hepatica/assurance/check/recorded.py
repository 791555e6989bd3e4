"""The findings that need no space: what is recorded and never used, and standings that the printed figures do not bear out.

Each tells a code, what is written where (a name of `Ruleset.places`), and the names that its sentence has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hepatica.assurance.decisions import concepts_below
from hepatica.assurance.space import sum_or
from hepatica.assurance.version import RulesetVersion
from hepatica.knowledge import STANDINGS, Caveat, Concept, figure_findings

Told = Iterator[tuple[str, str, Mapping[str, str]]]


def _not_borne_out(version: RulesetVersion) -> Told:
    """Options whose studies report nothing; an announcement needs no figures."""
    studies = version.ruleset.studies
    for rule in version.ruleset.rules.values():
        backing = [study for name in rule.cites if STANDINGS[rule.standing].borne_out_by(study := studies[name])]
        silent = not any(study.results or study.status == "announced" for study in backing)
        if rule.standing in ("standard", "positive_phase_3", "early_signal") and silent:
            why = f"{', '.join(study.id for study in backing)} reports no result"
            names = {"rule": rule.id, "standing": STANDINGS[rule.standing].phrase, "why": why}
            yield "standing-not-borne-out", f"rule/{rule.id}", names


def _against_figures(version: RulesetVersion) -> Told:
    """What figures say against each other, against their endpoint, or against a sentence."""
    for one in figure_findings(version.ruleset):
        yield one.code, one.about, {"about": one.about.partition("/")[2], "says": one.says}


def _uncited(version: RulesetVersion) -> Told:
    """Statements given as the source's own without their place in it."""
    said = [(f"concept/{one.id}", f"concept {one.id}", one) for one in version.ruleset.concepts.values()]
    stated: list[tuple[str, str, Concept | Caveat]] = [*said]
    for rule in version.ruleset.rules.values():
        stated += [(f"rule/{rule.id}", f"caveat {n} of the rule {rule.id}", one) for n, one in enumerate(rule.caveats, 1)]
    for place, what, one in stated:
        if one.basis == "source" and not (one.lines or one.source):
            yield "uncited", place, {"what": what}


def _unused(version: RulesetVersion) -> Told:
    """Concepts that nothing refers to, directly or through another used one; fields of the card, or of the ruleset's own, that
    no goal reads (a concept that nothing uses does not count); studies of this tumour that no rule cites and no regimen names."""
    ruleset, program = version.ruleset, version.program
    asked = [when for key, when in version.conditions.items() if key.kind != "concept"]
    used = frozenset[str]().union(*(concepts_below(when, ruleset.concept_conditions) for when in asked))
    yield from (("unused-concept", f"concept/{name}", {"concept": name}) for name in ruleset.concepts if name not in used)
    read = sum_or(goal.tests for key, goal in program.goals.items() if key.kind != "concept")
    tested = {test.field for index, test in enumerate(program.tests) if read >> index & 1}
    fields = ruleset.card.fields or version.fields
    yield from (("unused-field", "", {"field": name}) for name in fields if name not in tested)
    cited = {*version.citing, *(regimen.study for therapy in ruleset.therapies.values() for regimen in therapy.regimens)}
    own = [study.id for study in ruleset.studies.values() if study.tumour == ruleset.card.tumour]
    yield from (("unused-study", f"study/{name}", {"study": name}) for name in own if name not in cited)


RECORDED: tuple[Callable[[RulesetVersion], Told], ...] = (_not_borne_out, _against_figures, _uncited, _unused)
