"""The sentences in which a comparison of two rulesets is told, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.assurance.answers.version import Stand, Subject
from hepatica.assurance.diff.allow import Judged
from hepatica.assurance.diff.compare import Change, Comparison
from hepatica.assurance.diff.edits import Edit
from hepatica.knowledge import DEMANDS
from hepatica.patient import FIELD_BY_NAME

COUNTED = (
    "A profile is one entry per field that some rule reads: a word, yes or no, a list, a number on a threshold or between two "
    "neighbouring ones, or unknown; only combinations that fit together are counted. They are not patients: how many people "
    "have a profile is not known here."
)


def headline(comparison: Comparison) -> str:
    """What was found, in one sentence."""
    profiles = f"{comparison.space.profiles:,} profiles"
    if not comparison.edits:
        return f"The two versions say the same; nothing changes for any of {profiles}."
    if not comparison.changes:
        return f"No answer changes: proved for all {profiles}, {counted(len(comparison.edits), 'edit')} notwithstanding."
    therapies = {change.subject for change in comparison.changes if change.subject.kind == "therapy"}
    parts = [counted(len(therapies), "therapy", "therapies")] if therapies else []
    for kind, plural in (("scope", "scope"), ("study", "studies"), ("note", "notes")):
        number = len({change.subject for change in comparison.changes if change.subject.kind == kind})
        parts += [kind if kind == "scope" else counted(number, kind, plural)] if number else []
    unchanged = f"{comparison.same} subjects are proved unchanged"
    return f"Answers change for {_listed(parts)}, in regions of a space of {profiles}; {unchanged}."


def subject_name(comparison: Comparison, subject: Subject) -> str:
    """The therapy or study by its name; the scope and notes by what they are."""
    for version in (comparison.new, comparison.old):
        group: Mapping[str, object] = {"therapy": version.ruleset.therapies, "study": version.ruleset.studies}.get(
            subject.kind, {}
        )
        if subject.id in group:
            name = str(getattr(group[subject.id], "name", subject.id))
            return name if subject.kind == "therapy" else f"Whom the study enrolled: {name}"
    return "Scope" if subject.kind == "scope" else f"Note {subject.id}"


def turn(change: Change) -> str:
    """The change from one stand to another."""
    if change.kind == "other rules":
        return f"stays in {_stand(change.after)}; what its other rules say changes"
    if change.kind == "citations":
        return f"stays in {_stand(change.after)}; cites {_cited(change.before)} -> {_cited(change.after)}"
    if change.kind == "verdict":
        return f"{_place(change.before)} -> {_place(change.after)}"
    if change.kind == "standing":
        place = _place(change.after)
        return f"stays in {place}; standing {_standing(change.before)} -> {_standing(change.after)}"
    return f"{_stand(change.before)} -> {_stand(change.after)}"


def region(change: Change) -> list[str]:
    """The region as alternatives, each a list of limits."""
    return ["; ".join(f"{title(name)}: {values}" for name, values in words.items()) or "everywhere" for words in change.where]


def title(name: str) -> str:
    """A field's title; linked fields named together keep both."""
    return " with ".join(
        FIELD_BY_NAME[part].title if part in FIELD_BY_NAME else part.capitalize() for part in name.split(" with ")
    )


def edit_line(edit: Edit) -> str:
    """One edit in one line, without the values."""
    return f"{edit.action} {edit.area} {edit.what}{f': {edit.part}' if edit.part else ''}"


def share(comparison: Comparison, profiles: int) -> str:
    """How many profiles, and which part of the space."""
    part = 100 * profiles / comparison.space.profiles
    return f"{counted(profiles, 'profile')}, {part:.3g} % of the space" if part >= 0.001 else counted(profiles, "profile")


def gate(judged: Judged) -> str:
    """What the declared changes leave, in one sentence."""
    if judged.undeclared:
        return f"{counted(len(judged.undeclared), 'change')} not declared."
    return f"Every change was declared ({len(judged.declared)})."


def _stand(stand: Stand) -> str:
    return f"{_place(stand)} ({_standing(stand)})" if stand.standing else _place(stand)


def _place(stand: Stand) -> str:
    return stand.place.replace("_", " ")


def _standing(stand: Stand) -> str:
    for standing, demand in DEMANDS.items():
        if standing == stand.standing:
            return demand.phrase
    return "none"


def _cited(stand: Stand) -> str:
    return ", ".join(stand.citations) or "nothing"


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its word, "1 edit" or "2 edits"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
