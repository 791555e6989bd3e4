"""Results of case tables: what was expected and what came, what the cases exercise, and which changes they notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hepatica.assurance.cases import CaseMismatch, CaseOutcome, CaseRun
from hepatica.assurance.coverage import MEASURES, CoverageGoal, CoverageResult, rounded_down
from hepatica.assurance.mutation import Mutant, MutationResult
from hepatica.evaluation import LISTS
from hepatica.report.assurance.words import identity_words
from hepatica.report.blocks import Block, Blocks, Bullets, Item, Items, More, Notice, Paragraph, Section, Table, Title, listed
from hepatica.wording import counted

_MEASURED = {
    "decision": "Rules, concepts and scope: true, false and unknown",
    "condition": "Single conditions: true, false and unknown",
    "mcdc": "MC/DC: conditions seen to decide alone, both ways",
}


def case_run_view(run: CaseRun) -> Blocks:
    """The failures in full and a count for each ruleset; the passed cases for those who ask."""
    return (*(block for one in run.rulesets for block in _outcomes(one.ruleset, one.outcomes)), Notice(run.notice))


def _outcomes(ruleset: object, outcomes: Sequence[CaseOutcome]) -> Iterator[Block]:
    failed = [one for one in outcomes if not one.passed]
    total = counted(len(outcomes), "case")
    yield Title(f"{total}, {len(failed)} failed" if failed else f"{total}, all passed", identity_words(ruleset))  # type: ignore[arg-type]
    for one in failed:
        lead, *lines = failure_lines(one)
        yield Section(f"FAILED {lead}", (Bullets(tuple(lines[1:])),), says=lines[0])
    passed = tuple(Item(f"ok {one.file}:{one.line}", one.case) for one in outcomes if one.passed)
    if passed:
        yield More("Passed", (Items(passed),))


def failure_lines(outcome: CaseOutcome) -> list[str]:
    """One failed case as lines: its sentence, its place, and each expectation that was not met."""
    return [outcome.case, f"{outcome.file}:{outcome.line}", *map(mismatch_words, outcome.mismatches)]


def mismatch_words(mismatch: CaseMismatch) -> str:
    """One expectation that was not met: "beta: expected an option, came ruled out, by the rule ..."."""
    decided = f", {mismatch.decided_by}" if mismatch.decided_by else ""
    return f"{mismatch.about}: expected {_place(mismatch.expected)}, came {_place(mismatch.came)}{decided}"


def _place(name: str) -> str:
    bare = name.removeprefix("not in ")
    words = LISTS[bare].phrase if bare in LISTS else bare  # type: ignore[index]
    return f"not {words}" if bare != name else words


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
