"""From a comparison to its result: what it found in one sentence, what was declared, and whether it passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hepatica.assurance.cases import LostCase
from hepatica.assurance.diff.allow import Allowance, gate, tests_in
from hepatica.assurance.diff.compare import VersionComparison, compare
from hepatica.assurance.diff.result import RulesetDiff, RulesetEdit
from hepatica.assurance.space import Space, space_of
from hepatica.assurance.version import ProfileSpace, Progress, RulesetVersion, bounded, smallest_boxes
from hepatica.evaluation import Evaluator, RulesetIdentity, identity
from hepatica.notice import notice
from hepatica.patient import facts_of

MOST_HEADLINES = 20


def diff(
    old: RulesetVersion,
    new: RulesetVersion,
    allowances: Sequence[Allowance] | None = None,
    lost: Sequence[LostCase] = (),
    progress: Progress | None = None,
    *,
    brief: bool = False,
) -> RulesetDiff:
    """Everything shown that differs between two versions; with `allowances` only what they do not declare fails.

    `lost` are the cases that the old version had and the new one has not. `brief`: `who` is left empty of changes where facts
    are missing, for a view that folds them. Raises `TooManyParts` where comparing is more than can be done.
    """
    with bounded(new, "compare") as work:
        comparison = compare(old, new, tests_in(allowances or ()), progress, work, brief=brief)
        gated = gate(comparison, lost, allowances or ())
    edits = tuple(_with_headlines(gated.edits, old, new))
    shown = [edit for edit in edits if edit.profiles]
    changed = bool(gated.changes or shown or comparison.unsettled)
    same_card = old.ruleset.card.id == new.ruleset.card.id
    kept = changed and same_card and old.ruleset.card.version == new.ruleset.card.version
    verb = "is" if len(gated.lost) == 1 else "are"
    lost_told = f" {counted(len(gated.lost), 'case').capitalize()} of the old version {verb} gone." if gated.lost else ""
    left = bool(comparison.unsettled or gated.undeclared or any(not edit.declared for edit in shown))
    return RulesetDiff(
        notice=notice(new.ruleset.card.as_of),
        old=identity(old.ruleset),
        new=identity(new.ruleset),
        headline=_headline(comparison, edits) + lost_told,
        changed=changed,
        version_kept=kept,
        gated=allowances is not None,
        passed=all(one.declared for one in gated.lost) and (not changed if allowances is None else not (left or kept)),
        space=ProfileSpace(profiles=comparison.space.profiles, distinguishable=comparison.space.points),
        unchanged_subjects=comparison.same,
        unsettled=comparison.unsettled,
        changes=gated.changes,
        edits=edits,
        undeclared=gated.undeclared,
        declared_but_not_met=gated.unmet,
        lost_cases=gated.lost,
    )


def new_or_gone(version: RulesetVersion, *, gone: bool = False) -> RulesetDiff:
    """A ruleset that stands on one side only: all of it is new, or all of it is gone."""
    ruleset, own = version.ruleset, identity(version.ruleset)
    space = space_of(version.program.tests, version.fields)
    therapies, rules = len(ruleset.therapies), len(ruleset.rules)
    what = f"{counted(therapies, 'therapy', 'therapies')}, {counted(rules, 'rule')}"
    told = f"The ruleset {own.id} is gone: {what} less." if gone else f"The ruleset {own.id} is all new: {what}."
    edits = tuple(
        RulesetEdit(
            area="therapy",
            action="removed" if gone else "added",
            what=name,
            part="",
            before=therapy.name if gone else "",
            after="" if gone else therapy.name,
            profiles=space.profiles,
            therapies=(name,),
        )
        for name, therapy in ruleset.therapies.items()
    )
    sides: tuple[RulesetIdentity | None, RulesetIdentity | None] = (own, None) if gone else (None, own)
    return RulesetDiff(
        notice=notice(ruleset.card.as_of),
        old=sides[0],
        new=sides[1],
        headline=told,
        changed=True,
        version_kept=False,
        gated=False,
        passed=not gone,
        space=ProfileSpace(profiles=space.profiles, distinguishable=space.points),
        unchanged_subjects=0,
        unsettled=(),
        changes=(),
        edits=edits,
        undeclared=(),
        declared_but_not_met=(),
    )


def _headline(comparison: VersionComparison, edits: Sequence[RulesetEdit]) -> str:
    """What was found, in one sentence."""
    profiles = counted(comparison.space.profiles, "profile")
    shown = [edit for edit in edits if edit.profiles]
    if comparison.unsettled:
        return f"Not settled at a bounded cost for {', '.join(comparison.unsettled)}; everything else is told below."
    if not edits and not comparison.changes:
        return f"The two versions say the same, and show the same for every one of {profiles}."
    if not comparison.changes and not shown:
        edited = counted(len(edits), "edit")
        return f"Nothing that an answer shows changes: proved for all {profiles}, {edited} notwithstanding."
    unmoved = f"No therapy changes its list, standing or reasons on any of {profiles}"
    parts = [_moved(comparison) if comparison.changes else unmoved]
    if shown:
        texts = [edit for edit in shown if edit.area != "fields"]
        what = "figures and texts" if any(edit.area == "figure" for edit in shown) else "texts"
        if texts:
            most = max(edit.profiles for edit in texts)
            seen = f"{counted(len(texts), 'edit')}, seen on up to {counted(most, 'profile')}"
            parts.append(f"{what} that answers show change ({seen})")
        if len(texts) < len(shown):
            parts.append(f"what is typed may be read otherwise ({counted(len(shown) - len(texts), 'edit')} of fields)")
    return f"{'; '.join(parts)}."


def _moved(comparison: VersionComparison) -> str:
    """How many things of each kind an answer says otherwise."""
    found: list[str] = []
    for kind, several in (("therapy", "therapies"), ("scope", ""), ("concept", ""), ("study", "studies"), ("note", "")):
        number = len({change.id for change in comparison.changes if change.subject == kind})
        if number:
            found.append("the scope" if kind == "scope" else counted(number, kind, several))
    listed = found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
    return f"Answers change for {listed}, somewhere among {counted(comparison.space.profiles, 'profile')}"


def _with_headlines(edits: Sequence[RulesetEdit], old: RulesetVersion, new: RulesetVersion) -> Iterator[RulesetEdit]:
    """The edits with the headlines that they change, as a patient sees them to whom the therapy's rule applies."""
    left = MOST_HEADLINES
    evaluators: list[Evaluator] = []
    space = space_of(new.program.tests, new.fields)
    for edit in edits:
        if not edit.profiles or not edit.therapies or edit.area == "therapy" or not left:
            yield edit
            continue
        # Looking up what is said needs no proof that it is right: the tables alone are asked, and only where a text changed.
        evaluators = evaluators or [Evaluator(version.ruleset, version.program) for version in (old, new)]
        pairs = dict.fromkeys(pair for therapy in edit.therapies for pair in _headlines(therapy, evaluators, space))
        changed = tuple(pair for pair in pairs if pair[0] != pair[1])
        left -= bool(changed)
        yield replace(edit, headlines=changed)


def _headlines(therapy: str, evaluators: Sequence[Evaluator], space: Space) -> Iterator[tuple[str, str]]:
    """A therapy's headline before and after, for a smallest profile of each of its rules."""
    new = evaluators[1]
    order = [list(evaluator.ruleset.therapies) for evaluator in evaluators]
    if not all(therapy in names for names in order):
        return
    rules = [rule.id for rule in new.ruleset.therapies[therapy].rules]
    for box in smallest_boxes(RulesetVersion(new.ruleset, new.program), space, rules):
        facts = space.expected(box)
        sides = zip(evaluators, order, strict=True)
        told = [evaluator.entry(names.index(therapy), facts_of(facts, evaluator.program.fields)) for evaluator, names in sides]
        if all(placed != "ruled_out" for placed, _ in told):
            yield told[0][1].headline.text, told[1][1].headline.text


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its word, "1 edit" or "2 edits"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
