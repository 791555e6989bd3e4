"""Everything that can be proved wrong with one ruleset, in a fixed order of kind and place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from hepatica.assurance.agreement import EvaluatorAgreement, counts
from hepatica.assurance.check.findings import KINDS, AppliesTo, CheckFinding, CheckResult, finding
from hepatica.assurance.check.proofs import OF_RULES, PROOFS, Proving
from hepatica.assurance.decisions import concepts_below
from hepatica.assurance.space import count, sum_or
from hepatica.assurance.version import ProfileSpace, Progress, RulesetVersion, bounded
from hepatica.evaluation import headed
from hepatica.inference import GoalKey
from hepatica.knowledge import CARD, STANDINGS, Caveat, Concept, Ruleset, figure_findings
from hepatica.patient import Facts
from hepatica.problems import InternalError, suggestion

MOST_POINTS = 200_000_000
MOST_PROFILES = 1 << 63


def check(
    version: RulesetVersion,
    tried: Sequence[Facts],
    *,
    strict: bool = False,
    agreement: EvaluatorAgreement | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Every finding of one ruleset; `tried` are the profiles of its cases. With `strict` remarks fail the check, too.

    Raises `TooManyParts` where that is more than can be done, and `InternalError` where the diagrams and going through every
    point do not agree on a count.
    """
    with bounded(version, "check") as work:
        proving = Proving(version, tried, work, progress)
        found = _findings(proving)
        space, counted = proving.space, {name: proving.counts(name) for name in version.ruleset.rules}
        in_scope = count(space, proving.scope.certain)
        alone = proving.left_over([standing for standing in STANDINGS if standing != "supportive"])
    small = space.listable and space.points <= MOST_POINTS and space.profiles < MOST_PROFILES
    if small:
        # The second method asks the compiled rules about each point of each axis by itself.
        swept = counts(space, version.program, [GoalKey("rule", name) for name in counted])
        wrong = [name for name, told in counted.items() if swept[GoalKey("rule", name)] != told]
        if wrong:
            raise InternalError(f"diagrams and the sweep differ on how often {', '.join(wrong)} applies; no result is given")
    left = [one for one in found if not one.waived]
    faults = sum(one.weight == "fault" for one in left)
    failing = len(left) if strict else faults
    return CheckResult(
        **headed(version.ruleset),
        passed=not failing and not (agreement and agreement.differences),
        faults=faults,
        remarks=len(left) - faults,
        waived=len(found) - len(left),
        findings=tuple(found),
        space=ProfileSpace(profiles=space.profiles, distinguishable=space.points),
        in_scope=in_scope,
        supportive_only=alone[0] if alone else 0,
        counted_twice=small,
        applies={name: AppliesTo(certain=certain, possible=possible) for name, (certain, possible) in counted.items()},
        unproved=tuple(proving.unproved),
        agreement=agreement,
    )


def findings(
    version: RulesetVersion, tried: Sequence[Facts], before: tuple[RulesetVersion, Sequence[CheckFinding]] | None = None
) -> list[CheckFinding]:
    """What `check` finds, without its counts.

    `before` is another version with its findings: what was proved of therapies that are the same in both is not proved again.
    """
    known = _untouched(before[0].ruleset, version.ruleset) if before is not None else ()
    with bounded(version, "check") as work:
        proved = {rule.id for name in known for rule in version.ruleset.therapies[name].rules}
        kept = [one for one in before[1] if one.code in OF_RULES and one.names["rule"] in proved] if before is not None else []
        return _findings(Proving(version, tried, work, known=known), [replace(one, waived="") for one in kept])


def _untouched(old: Ruleset, new: Ruleset) -> Collection[str]:
    """The therapies whose rules and studies are those of another version; none where what all rules rest on differs."""
    if (old.concepts, old.card.scope, dict(old.fields)) != (new.concepts, new.card.scope, dict(new.fields)):
        return ()
    cited = {t.id: {name for rule in t.rules for name in rule.cites} for t in new.therapies.values()}
    alike = [name for name, therapy in new.therapies.items() if old.therapies.get(name) == therapy]
    return [name for name in alike if all(old.studies.get(study) == new.studies[study] for study in cited[name])]


def _findings(proving: Proving, kept: Sequence[CheckFinding] = ()) -> list[CheckFinding]:
    """Every finding in the order of the kinds, with the card's waivers upon them; one more for each waiver that meets none."""
    places = proving.ruleset.places
    told = [*kept, *(one for prove in PROOFS for one in prove(proving))]
    recorded = (one for look in RECORDED for one in look(proving.version))
    told += [finding(code, places.get(place, ""), None, None, **names) for code, place, names in recorded]
    for number, waiver in enumerate(proving.ruleset.card.waivers):
        fitting = [
            index
            for index, one in enumerate(told)
            if one.code == waiver.code and (waiver.about in one.names.values() or not (waiver.about or one.names))
        ]
        for index in fitting:
            told[index] = replace(told[index], waived=waiver.why)
        if not fitting:
            place = places.get(f"waiver/{number}", f"{CARD}:1")
            stale = finding("stale-waiver", place, code=waiver.code, about=waiver.about or "anything")
            # A code that there is not is a slip of the pen, and no finding that was mended.
            near = "" if waiver.code in KINDS else f" No finding has that code; {suggestion(waiver.code, KINDS)}."
            told.append(replace(stale, says=stale.says + near))
    order = list(KINDS)
    return sorted(told, key=lambda one: order.index(one.code))


# What needs no space: what is recorded and never used, and standings that the printed figures do not bear out. Each tells a code,
# what is written where (a name of `Ruleset.places`), and the names that its sentence has.

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
