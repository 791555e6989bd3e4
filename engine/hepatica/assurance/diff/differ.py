"""From a comparison to its result: what it found in one sentence, what was declared, and whether it passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hepatica.assurance.cases import LostCase
from hepatica.assurance.diff.allow import Allowance, gate, tests_in
from hepatica.assurance.diff.compare import VersionComparison
from hepatica.assurance.diff.result import AnswerChange, RulesetDiff, RulesetEdit
from hepatica.assurance.space import Space, space_of
from hepatica.assurance.version import ProfileSpace, Progress, RulesetVersion, bounded, smallest_boxes
from hepatica.evaluation import Evaluator, identity
from hepatica.notice import notice
from hepatica.patient import facts_of
from hepatica.wording import all_of, counted

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
        compared = VersionComparison(old, new, tests_in(allowances or ()), work, brief=brief)
        gated = gate(compared.space, list(compared.changes(progress)), compared.edits_seen(), lost, allowances or ())
    edits = tuple(_with_headlines(gated.edits, old, new))
    shown = [edit for edit in edits if edit.profiles]
    changed = bool(gated.changes or shown or compared.unsettled)
    same_card = old.ruleset.card.id == new.ruleset.card.id
    kept = changed and same_card and old.ruleset.card.version == new.ruleset.card.version
    left = bool(compared.unsettled or gated.undeclared or any(not edit.declared for edit in shown))
    space = ProfileSpace(profiles=compared.space.profiles, distinguishable=compared.space.points)
    headline = _headline(space.profiles, compared.unsettled, gated.changes, edits)
    if gated.lost:
        verb = "is" if len(gated.lost) == 1 else "are"
        headline += f" {counted(len(gated.lost), 'case').capitalize()} of the old version {verb} gone."
    return RulesetDiff(
        notice=notice(new.ruleset.card.as_of),
        old=identity(old.ruleset),
        new=identity(new.ruleset),
        headline=headline,
        changed=changed,
        version_kept=kept,
        gated=allowances is not None,
        passed=all(one.declared for one in gated.lost) and (not changed if allowances is None else not (left or kept)),
        space=space,
        unchanged_subjects=compared.same,
        unsettled=tuple(compared.unsettled),
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
    return RulesetDiff(
        notice=notice(ruleset.card.as_of),
        old=own if gone else None,
        new=None if gone else own,
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


def _headline(profiles: int, unsettled: Sequence[str], changes: Sequence[AnswerChange], edits: Sequence[RulesetEdit]) -> str:
    """What was found among so many profiles, in one sentence."""
    shown = [edit for edit in edits if edit.profiles]
    if unsettled:
        return f"Not settled at a bounded cost for {', '.join(unsettled)}; everything else is told below."
    if not edits and not changes:
        return f"The two versions say the same, and show the same for every one of {counted(profiles, 'profile')}."
    if not changes and not shown:
        proved = f"proved for all {counted(profiles, 'profile')}, {counted(len(edits), 'edit')} notwithstanding"
        return f"Nothing that an answer shows changes: {proved}."
    if changes:
        parts = [f"Answers change for {_moved(changes)}, somewhere among {counted(profiles, 'profile')}"]
    else:
        parts = [f"No therapy changes its list, standing or reasons on any of {counted(profiles, 'profile')}"]
    texts = [edit for edit in shown if edit.area != "fields"]
    if texts:
        what = "figures and texts" if any(edit.area == "figure" for edit in texts) else "texts"
        seen = f"{counted(len(texts), 'edit')}, seen on up to {counted(max(edit.profiles for edit in texts), 'profile')}"
        parts.append(f"{what} that answers show change ({seen})")
    if len(texts) < len(shown):
        parts.append(f"what is typed may be read otherwise ({counted(len(shown) - len(texts), 'edit')} of fields)")
    return f"{'; '.join(parts)}."


def _moved(changes: Sequence[AnswerChange]) -> str:
    """How many things of each kind an answer says otherwise."""
    found: list[str] = []
    for kind, several in (("therapy", "therapies"), ("scope", ""), ("concept", ""), ("study", "studies"), ("note", "")):
        if number := len({change.id for change in changes if change.subject == kind}):
            found.append("the scope" if kind == "scope" else counted(number, kind, several))
    return all_of(found)


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
