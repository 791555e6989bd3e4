"""Changes that were meant: a file beside the edit says which, and only what it does not cover fails a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from hepatica.assurance.cases import LostCase
from hepatica.assurance.diff.compare import VersionComparison
from hepatica.assurance.diff.result import AnswerChange, RulesetEdit, Undeclared, UnmetDeclaration
from hepatica.assurance.space import Box, RegionMaker
from hepatica.assurance.version import PLACES, RulesetVersion, Subject, SubjectKind
from hepatica.documents import Node, decode, read_yaml
from hepatica.inference import Expander, TooManyAlternatives
from hepatica.knowledge import Condition, ConditionReader, Test
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.records import record

KINDS: tuple[SubjectKind, ...] = ("therapy", "scope", "concept", "study", "note")
NAMED = (*KINDS, "shown", "case")
MOST_ALLOWED = 500
LONGEST = 500


@record(kw_only=True)
class DeclaredChange:
    """One declared change, as written: of what (one of the first keys), from and to which place, where, in at most how many
    profiles, and why. `shown` is the id of a rule, study, therapy, note or the card whose texts or figures change, `case` the
    sentence of a case that is gone.
    """

    because: str = ""
    therapy: str = ""
    scope: str = ""
    concept: str = ""
    study: str = ""
    note: str = ""
    shown: str = ""
    case: str = ""
    from_: str = ""
    to: str = ""
    where: Condition | None = None
    at_most: int | None = None


class Allowance(NamedTuple):
    """A declared change held against the rulesets; `where` as alternatives of tests. `subject` is None for shown texts."""

    declared: DeclaredChange
    subject: Subject | None
    where: tuple[frozenset[Test], ...] | None
    place: str


class Gated(NamedTuple):
    """Changes and edits with what was declared marked, what is left undeclared, and the declarations that met nothing."""

    changes: tuple[AnswerChange, ...]
    edits: tuple[RulesetEdit, ...]
    undeclared: tuple[Undeclared, ...]
    unmet: tuple[UnmetDeclaration, ...]
    lost: tuple[LostCase, ...]


def read_allowances(data: bytes, file: str, versions: Sequence[RulesetVersion]) -> tuple[Allowance, ...]:
    """The allowances in a YAML file; conditions may use the concepts and fields of the last version. Raises `InvalidInput`."""
    root = read_yaml(data, file)
    problems: list[Problem] = []
    listed = root.value.get("allow") if isinstance(root.value, dict) else None
    if listed is None or not isinstance(listed.value, list):
        raise InvalidInput([root.fault("allow", "expected one key 'allow' with a list of changes")])
    if len(listed.value) > MOST_ALLOWED:
        raise InvalidInput([root.fault("too-many", f"more than {MOST_ALLOWED} declared changes")])
    found = [one for each in listed.value for one in _Declaration(each, file, versions, problems).read()]
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


class _Declaration:
    """Reads one declared change; what is wrong is added to `problems`."""

    def __init__(self, node: Node, file: str, versions: Sequence[RulesetVersion], problems: list[Problem]) -> None:
        self.node, self.file, self.versions, self.problems = node, file, versions, problems

    def read(self) -> list[Allowance]:
        """The allowance; none where it cannot be used."""
        if not isinstance(self.node.value, dict):
            self._problem((), "allow", f"a declared change is a mapping with one of {', '.join(NAMED)}, and because")
            return []
        if "from_" in self.node.value:
            self._problem(("from_",), "unknown-key", "unknown key 'from_'; did you mean 'from'?")
        ruleset = self.versions[-1].ruleset
        special = {"where": ConditionReader(ruleset.concepts, self.problems, ruleset.fields).read}
        declared = decode(DeclaredChange, self.node, self.problems, written={"from": "from_"}, special=special)
        if declared is None:
            return []
        before = len(self.problems)
        subject = self._subject(declared)
        if not declared.because.strip() or len(declared.because) > LONGEST:
            self._problem(("because",), "missing-key", f"'because' says why the change is meant, in at most {LONGEST} characters")
        where = self._where(declared)
        if declared.at_most is not None and declared.at_most < 0:
            self._problem(("at_most",), "wrong-type", "at_most is a whole number of profiles")
        place = f"{self.file}:{self.node.line}"
        return [Allowance(declared, subject, where, place)] if len(self.problems) == before else []

    def _problem(self, path: tuple[str, ...], code: str, message: str) -> None:
        self.problems.append(self.node.fault(code, message, path))

    def _subject(self, declared: DeclaredChange) -> Subject | None:
        named = [kind for kind in NAMED if getattr(declared, kind)]
        if len(named) != 1:
            self._problem((), "allow", f"a declared change names exactly one of {', '.join(NAMED)}")
            return None
        if named[0] == "case":
            return None
        name = getattr(declared, named[0])
        known = _ids(named[0], self.versions)
        if name not in known:
            self._problem((named[0],), f"unknown-{named[0]}", f"no {named[0]} {quote(name)}; {suggestion(name, known[:60])}")
        if named[0] == "shown":
            return None
        kind = next(kind for kind in KINDS if kind == named[0])
        for key, text in (("from", declared.from_), ("to", declared.to)):
            if text and text not in PLACES[kind]:
                self._problem((key,), "unknown-place", f"a {kind} is never {quote(text)}; {suggestion(text, PLACES[kind])}")
        return Subject(kind, "" if kind == "scope" else name)

    def _where(self, declared: DeclaredChange) -> tuple[frozenset[Test], ...] | None:
        ruleset = self.versions[-1].ruleset
        if declared.where is None:
            return None
        try:
            return Expander(ruleset.concept_conditions, ruleset.fields).expanded(declared.where)
        except TooManyAlternatives:
            self._problem(("where",), "too-many-alternatives", "'where' multiplies out too far; split it")
            return None


def _ids(kind: str, versions: Sequence[RulesetVersion]) -> list[str]:
    """What a declaration of a kind may name."""
    found: list[str] = []
    for version in versions:
        rules = version.ruleset
        if kind == "shown":
            found += (rules.card.id, *rules.therapies, *rules.rules, *rules.studies, *version.notes, *rules.fields)
        else:
            found += version.known[kind]
    return list(dict.fromkeys(found))


def tests_in(allowances: Iterable[Allowance]) -> tuple[Test, ...]:
    """The tests that the declared regions make: the space of the comparison must be cut by them, too."""
    return tuple(test for one in allowances for alternative in one.where or () for test in sorted(alternative, key=repr))


def gate(comparison: VersionComparison, lost: Iterable[LostCase], allowances: Sequence[Allowance]) -> Gated:
    """Hold every change, every edit that an answer shows, and every lost case, against the declared ones."""
    maker = RegionMaker(comparison.space)
    # A declared region holds every profile of which its condition is or may be true: an interval may reach into it.
    regions = [maker.region(one.where) if one.where is not None else None for one in allowances]
    met: set[int] = set()
    changes: list[AnswerChange] = []
    undeclared: list[Undeclared] = []
    for position, change in enumerate(comparison.changes):
        # Other reasons follow from a change that was declared, wherever they are given.
        follows = change.kind == "reasons" and any(one.subject == (change.subject, change.id) for one in allowances)
        fitting = [n for n, one in enumerate(allowances) if not follows and _fits(one, change)]
        met.update(n for n in fitting if (region := regions[n]) is None or _left(change, [region.certain]) < change.profiles)
        covers = [region.possible if (region := regions[n]) is not None else (comparison.space.full,) for n in fitting]
        left = 0 if follows else _left(change, covers)
        if left:
            undeclared.append(Undeclared(change=position, profiles=left))
        changes.append(replace(change, declared=not left))
    edits: list[RulesetEdit] = []
    for edit in comparison.edits:
        fitting = [index for index, one in enumerate(allowances) if one.declared.shown in {edit.what, *edit.therapies} - {""}]
        met.update(fitting)
        edits.append(replace(edit, declared=bool(fitting and edit.profiles)))
    gone: list[LostCase] = []
    for case in lost:
        fitting = [index for index, one in enumerate(allowances) if " ".join(one.declared.case.split()) == case.case]
        met.update(fitting)
        gone.append(replace(case, declared=bool(fitting)))
    left_over = [(one.place, *(one.subject or _other(one.declared))) for n, one in enumerate(allowances) if n not in met]
    unmet = tuple(UnmetDeclaration(place=place, kind=kind, id=name) for place, kind, name in left_over)
    return Gated(tuple(changes), tuple(edits), tuple(undeclared), unmet, tuple(gone))


def _left(change: AnswerChange, covers: Sequence[Sequence[Box]]) -> int:
    """The profiles of a change outside some regions."""
    if not covers:
        return change.profiles
    return change.diagram.without(covers).count(change.outcome)


def _other(declared: DeclaredChange) -> tuple[str, str]:
    return ("case", declared.case) if declared.case else ("shown", declared.shown)


def _fits(allowance: Allowance, change: AnswerChange) -> bool:
    declared = allowance.declared
    if allowance.subject is None:
        return False
    few = declared.at_most is None or change.profiles <= declared.at_most
    places = declared.from_ in ("", change.before.place) and declared.to in ("", change.after.place)
    return allowance.subject == (change.subject, change.id) and places and few
