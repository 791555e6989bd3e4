"""Changes that were meant: a file beside the edit says which, and only what it does not cover fails a comparison."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from hepatica.assurance.cases import LostCase
from hepatica.assurance.diff.result import AnswerChange, RulesetEdit, Undeclared, UnmetDeclaration
from hepatica.assurance.space import Box, Region, RegionMaker, Space
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
    found = [_read(each, file, versions, problems) for each in listed.value]
    if problems:
        raise InvalidInput(problems)
    return tuple(one for one in found if one is not None)


def _read(node: Node, file: str, versions: Sequence[RulesetVersion], problems: list[Problem]) -> Allowance | None:
    """One declared change; what is wrong with it is added to `problems`."""
    if not isinstance(node.value, dict):
        message = f"a declared change is a mapping with one of {', '.join(NAMED)}, and because"
        problems.append(node.fault("allow", message))
        return None
    if "from_" in node.value:
        problems.append(node.fault("unknown-key", "unknown key 'from_'; did you mean 'from'?", ("from_",)))
    ruleset = versions[-1].ruleset
    special = {"where": ConditionReader(ruleset.concepts, problems, ruleset.fields).read}
    declared = decode(DeclaredChange, node, problems, written={"from": "from_"}, special=special)
    if declared is None:
        return None
    problems += (node.fault(code, message, (key,)) for key, code, message in _wrong(declared, versions))
    where = None
    if declared.where is not None:
        try:
            where = Expander(ruleset.concept_conditions, ruleset.fields).expanded(declared.where)
        except TooManyAlternatives:
            message = "'where' multiplies out too far; split it"
            problems.append(node.fault("too-many-alternatives", message, ("where",)))
    kind = next((kind for kind in KINDS if getattr(declared, kind)), None)
    subject = None if kind is None else Subject(kind, "" if kind == "scope" else getattr(declared, kind))
    return Allowance(declared, subject, where, f"{file}:{node.line}")


def _wrong(declared: DeclaredChange, versions: Sequence[RulesetVersion]) -> Iterator[tuple[str, str, str]]:
    """What cannot be right, each with the key it stands under: none for the whole."""
    named = [kind for kind in NAMED if getattr(declared, kind)]
    if len(named) != 1:
        yield "", "allow", f"a declared change names exactly one of {', '.join(NAMED)}"
    elif (kind := named[0]) != "case":
        name, known = getattr(declared, kind), _ids(kind, versions)
        if name not in known:
            yield kind, f"unknown-{kind}", f"no {kind} {quote(name)}; {suggestion(name, known[:60])}"
        for key, text in (("from", declared.from_), ("to", declared.to)) if kind != "shown" else ():
            if text and text not in (places := PLACES[kind]):  # type: ignore[index]
                yield key, "unknown-place", f"a {kind} is never {quote(text)}; {suggestion(text, places)}"
    if not declared.because.strip() or len(declared.because) > LONGEST:
        yield "because", "missing-key", f"'because' says why the change is meant, in at most {LONGEST} characters"
    if declared.at_most is not None and declared.at_most < 0:
        yield "at_most", "wrong-type", "at_most is a whole number of profiles"


def _ids(kind: str, versions: Sequence[RulesetVersion]) -> list[str]:
    """What a declaration of a kind may name."""
    found: list[str] = []
    for version in versions:
        rules = version.ruleset
        if kind == "shown":
            found += (rules.card.id, *rules.therapies, *rules.rules, *rules.studies, *version.known["note"], *rules.fields)
        else:
            found += version.known[kind]
    return list(dict.fromkeys(found))


def tests_in(allowances: Iterable[Allowance]) -> tuple[Test, ...]:
    """The tests that the declared regions make: the space of the comparison must be cut by them, too."""
    return tuple(test for one in allowances for alternative in one.where or () for test in sorted(alternative, key=repr))


def gate(
    space: Space,
    changes: Sequence[AnswerChange],
    edits: Sequence[RulesetEdit],
    lost: Iterable[LostCase],
    allowances: Sequence[Allowance],
) -> Gated:
    """Hold every change, every edit that an answer shows, and every lost case, against the declared ones."""
    maker, everywhere = RegionMaker(space), Region((space.full,), (space.full,))
    # A declared region holds every profile of which its condition is or may be true: an interval may reach into it.
    regions = [maker.region(one.where) if one.where is not None else everywhere for one in allowances]
    met: set[int] = set()
    undeclared: list[Undeclared] = []
    for position, change in enumerate(changes):
        # Other reasons follow from a change that was declared, wherever they are given.
        if change.kind == "reasons" and any(one.subject == (change.subject, change.id) for one in allowances):
            continue
        fitting = [n for n, one in enumerate(allowances) if _fits(one, change)]
        met.update(n for n in fitting if _left(change, [regions[n].certain]) < change.profiles)
        if left := _left(change, [regions[n].possible for n in fitting]):
            undeclared.append(Undeclared(change=position, profiles=left))

    def declared(key: str, names: Collection[str]) -> bool:
        told = {n: " ".join(getattr(one.declared, key).split()) for n, one in enumerate(allowances)}
        fitting = {n for n, name in told.items() if name and name in names}
        met.update(fitting)
        return bool(fitting)

    named = [declared("shown", (edit.what, *edit.therapies)) for edit in edits]
    gone = [replace(case, declared=declared("case", (case.case,))) for case in lost]
    open_ = {one.change for one in undeclared}
    left_over = [(one.place, *(one.subject or _other(one.declared))) for n, one in enumerate(allowances) if n not in met]
    return Gated(
        tuple(replace(change, declared=position not in open_) for position, change in enumerate(changes)),
        tuple(replace(edit, declared=bool(fits and edit.profiles)) for edit, fits in zip(edits, named, strict=True)),
        tuple(undeclared),
        tuple(UnmetDeclaration(place=place, kind=kind, id=name) for place, kind, name in left_over),
        tuple(gone),
    )


def _left(change: AnswerChange, covers: Sequence[Sequence[Box]]) -> int:
    """The profiles of a change outside some regions."""
    return change.diagram.without(covers).count(change.outcome) if covers else change.profiles


def _other(declared: DeclaredChange) -> tuple[str, str]:
    return ("case", declared.case) if declared.case else ("shown", declared.shown)


def _fits(allowance: Allowance, change: AnswerChange) -> bool:
    declared = allowance.declared
    few = declared.at_most is None or change.profiles <= declared.at_most
    places = declared.from_ in ("", change.before.place) and declared.to in ("", change.after.place)
    return allowance.subject == (change.subject, change.id) and places and few
