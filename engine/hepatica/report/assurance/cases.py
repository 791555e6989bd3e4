"""Results of case tables: what was expected and what came, what the cases exercise, and which changes they notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

from hepatica.assurance.cases import CaseOutcome, CaseRun
from hepatica.assurance.coverage import MEASURES, CoverageGoal, CoverageResult, rounded_down
from hepatica.assurance.mutation import Mutant, MutationResult
from hepatica.evaluation import LISTS
from hepatica.knowledge import STANDINGS, VERDICTS
from hepatica.printable import printable
from hepatica.report.assurance.words import annotation, identity_words
from hepatica.report.blocks import Block, Blocks, Bullets, Item, Items, More, Notice, Paragraph, Section, Table, Title, listed
from hepatica.wording import counted, spoken

_MEASURED = {
    "decision": "Rules, concepts and scope: true, false and unknown",
    "condition": "Single conditions: true, false and unknown",
    "mcdc": "MC/DC: conditions seen to decide alone, both ways",
}


def case_run_view(run: CaseRun) -> Blocks:
    """The failures in full and a count for each ruleset; the passed cases for those who ask."""
    blocks: list[Block] = []
    for group in run.rulesets:
        failed = [failure_lines(one) for one in group.outcomes if not one.passed]
        total = counted(group.cases, "case")
        blocks.append(
            Title(f"{total}, {len(failed)} failed" if failed else f"{total}, all passed", identity_words(group.ruleset))
        )
        if failed:
            told = (Section(case, (Bullets(tuple(lines)),), says=place) for case, place, *lines in failed)
            blocks.append(Section("Failed", tuple(told), len(failed)))
        passed = tuple(Item(f"ok {one.file}:{one.line}", one.case) for one in group.outcomes if one.passed)
        if passed:
            blocks.append(More("Passed", (Items(passed),)))
    return (*blocks, Notice(run.notice))


def failure_lines(outcome: CaseOutcome) -> list[str]:
    """One failed case as lines: its sentence, its place, and each expectation that was not met.

    "beta: expected an option, came not supported, by the rule ...": what decided is told once for what it decided.
    """
    lines, decided = [outcome.case, f"{outcome.file}:{outcome.line}"], ""
    for one in outcome.mismatches:
        by = f", {one.decided_by}" if one.decided_by not in ("", decided) else ""
        lines.append(f"{one.about}: expected {_words(one.expected)}, came {_words(one.came)}{by}")
        decided = one.decided_by
    return lines


def _words(said: str) -> str:
    """A list's, a standing's or a verdict's name in words; anything else as it stands."""
    bare = said.removeprefix("not in ")
    phrases: dict[str, str] = {name: spoken(name) for name in VERDICTS}
    phrases |= {name: standing.phrase for name, standing in STANDINGS.items()}
    phrases |= {name: reached.phrase for name, reached in LISTS.items()}
    words = phrases.get(bare, bare)
    return f"not {words}" if bare != said else words


def coverage_view(result: CoverageResult) -> Blocks:
    """The counts, then every gap by the place of its rule, then what is proved impossible."""
    rows = []
    for name in MEASURES:
        count = result.measures[name]
        share = 100 * count.reached / count.reachable if count.reachable else 100.0
        rows.append((_MEASURED[name], f"{count.reached} of {count.reachable}", f"{rounded_down(share):.1f} %"))
    blocks: list[Block] = [
        Title(
            f"{result.percent:.1f} % covered by {counted(result.cases, 'case')}",
            identity_words(result.ruleset),
        ),
        Table(("Measured", "Reached", "Share"), tuple(rows), numeric=(1, 2)),
        Paragraph(f"Proved impossible for any consistent profile, not counted: {len(result.impossible)}."),
    ]
    blocks += _below(result)
    blocks += listed("MISSING", (_goal(one.goal) for one in result.missing))
    if result.impossible:
        blocks.append(More(f"Impossible ({len(result.impossible)})", (Items(tuple(map(_goal, result.impossible))),)))
    return (*blocks, Notice(result.notice))


def _below(result: CoverageResult | MutationResult) -> Blocks:
    return () if result.passed else (Paragraph(f"Below the threshold of {result.threshold:g} %.", tone="bad"),)


def _goal(goal: CoverageGoal) -> Item:
    """A goal in words: "never unknown", "AFP > 400: never false", "AFP > 400: never decides alone while true"."""
    says = {"mcdc": f"never decides alone while {goal.verdict}"}.get(goal.measure, f"never {goal.verdict}")
    return Item(goal.place, f"{goal.condition}: {says}" if goal.condition else says, badge=goal.decision.replace("/", " ", 1))


def mutation_view(result: MutationResult) -> Blocks:
    """The counts by kind, each survivor, and the cases that would kill them; the equivalent changes for those who ask."""
    killed, total = len(result.killed), len(result.killed) + len(result.survivors)
    kinds = [
        Counter(mutant.kind for mutant in group)
        for group in ([o.mutant for o in result.killed], [o.mutant for o in result.survivors], result.equivalent)
    ]
    rows = tuple((kind, *(str(group[kind]) for group in kinds)) for kind in sorted({*kinds[0], *kinds[1], *kinds[2]}))
    blocks: list[Block] = [
        Title(
            f"{killed} of {total} changes noticed by {counted(result.cases, 'case')} ({result.percent:.1f} %)",
            identity_words(result.ruleset),
        ),
        Paragraph(f"{len(result.equivalent)} more are proved to change no answer for any consistent profile."),
        Table(("Change", "Noticed", "Not", "Change nothing"), rows, numeric=(1, 2, 3)),
    ]
    blocks += _below(result)
    blocks += listed("NOT NOTICED", (_mutant(one.mutant) for one in result.survivors))
    if result.survivors:
        would = Section("CASES THAT WOULD NOTICE", (Bullets(result.would_notice),), count=len(result.would_notice))
        blocks += [would, Paragraph("They are written out with --write FILE.")]
    if result.equivalent:
        equivalent = Items(tuple(map(_mutant, result.equivalent)))
        blocks.append(More(f"Proved to change nothing ({len(result.equivalent)})", (equivalent,)))
    return (*blocks, Notice(result.notice))


def _mutant(mutant: Mutant) -> Item:
    return Item(mutant.place, mutant.says, badge=f"{mutant.goal.replace('/', ' ', 1)}, {mutant.kind}")


def case_annotations(run: CaseRun) -> Iterator[str]:
    """One workflow command to a failed case."""
    for group in run.rulesets:
        for one in group.outcomes:
            if not one.passed:
                yield annotation("error", one.file, one.line, "case failed", "\n".join(failure_lines(one)))
    yield f"{counted(run.cases, 'case')}, {run.failed} failed. {run.notice}\n"


def junit(run: CaseRun) -> str:
    """The cases as JUnit XML, one suite to a ruleset."""
    root = ElementTree.Element("testsuites", tests=str(run.cases), failures=str(run.failed))
    for group in run.rulesets:
        suite = ElementTree.SubElement(
            root, "testsuite", name=group.ruleset.id, tests=str(group.cases), failures=str(group.failed)
        )
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="notice", value=run.notice)
        for one in group.outcomes:
            attributes = {"name": printable(one.case), "classname": printable(one.file), "line": str(one.line)}
            case = ElementTree.SubElement(suite, "testcase", attributes)
            if not one.passed:
                failure = ElementTree.SubElement(case, "failure", message=f"{len(one.mismatches)} expectations not met")
                failure.text = printable("\n".join(failure_lines(one)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
