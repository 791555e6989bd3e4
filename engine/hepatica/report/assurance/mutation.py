"""Mutation results as text and JSON: what the cases notice, what they miss, and what is proved to change nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from hepatica.assurance.cases.case import Case
from hepatica.assurance.mutation.mutants import Mutant
from hepatica.assurance.mutation.mutate import Mutation, Survivor
from hepatica.knowledge import Ruleset
from hepatica.notice import notice
from hepatica.report.assurance.case_file import profile
from hepatica.report.old_document import identity
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging


def text(
    ruleset: Ruleset, cases: Sequence[Case], found: Mutation, killers: Sequence[Case], style: Style, *, verbose: bool = False
) -> str:
    """The counts, each survivor, and the cases that would kill them; with `verbose` the equivalents too."""
    card, total = ruleset.card, len(found.killed) + len(found.survivors)
    share = f"{int(found.percent * 10) / 10:.1f} %"
    lines = [
        style.bold(f"{card.id} {card.version}: {len(found.killed)} of {total} changes noticed by {len(cases)} cases ({share})"),
        *hanging("  ", f"{len(found.equivalent)} more are proved to change no answer for any consistent profile.", 2),
        *(f"  {line}" for line in _kinds(found)),
    ]
    if found.survivors:
        lines += ["", style.bold(f"NOT NOTICED ({len(found.survivors)})")]
        for survivor in found.survivors:
            lines += _mutant(survivor.mutant)
        lines += ["", style.bold(f"CASES THAT WOULD NOTICE ({len(killers)}), written out with --write FILE")]
        for case in killers:
            lines += hanging("  ", case.sentence, 6)
    if verbose and found.equivalent:
        lines += ["", style.bold(f"PROVED TO CHANGE NOTHING ({len(found.equivalent)})")]
        for mutant in found.equivalent:
            lines += _mutant(mutant)
    return "\n".join([*lines, "", *hanging("", notice(card.as_of), 0)]) + "\n"


def _kinds(found: Mutation) -> Iterator[str]:
    killed = Counter(mutant.kind for mutant, _ in found.killed)
    survived = Counter(survivor.mutant.kind for survivor in found.survivors)
    same = Counter(mutant.kind for mutant in found.equivalent)
    for kind in sorted({*killed, *survived, *same}):
        yield f"{kind:<20} {killed[kind]:>5} noticed {survived[kind]:>5} not {same[kind]:>5} change nothing"


def _mutant(mutant: Mutant) -> Iterator[str]:
    yield f"  {mutant.place} {mutant.goal.replace('/', ' ', 1)}"
    yield from hanging("      ", f"{mutant.says} [{mutant.kind}]", 8)


def document(ruleset: Ruleset, cases: Sequence[Case], found: Mutation, killers: Sequence[Case]) -> dict[str, Any]:
    """The results as JSON-ready values."""
    return {
        "notice": notice(ruleset.card.as_of),
        "ruleset": identity(ruleset),
        "cases": len(cases),
        "percent": int(found.percent * 10) / 10,
        "killed": [{**_plain(mutant), "by": case.place} for mutant, case in found.killed],
        "equivalent": [_plain(mutant) for mutant in found.equivalent],
        "survivors": [_survivor(survivor) for survivor in found.survivors],
        "would_notice": [case.sentence for case in killers],
    }


def _survivor(survivor: Survivor) -> dict[str, Any]:
    return {**_plain(survivor.mutant), "witness": profile(survivor.pin.facts), "look_at": survivor.pin.subject}


def _plain(mutant: Mutant) -> dict[str, Any]:
    return {"place": mutant.place, "goal": mutant.goal, "kind": mutant.kind, "says": mutant.says}
