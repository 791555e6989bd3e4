"""Changes that were meant: a file beside the edit says which, and only what it does not cover fails a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

from hepatica.assurance.answers.version import PLACES, Kind, Subject
from hepatica.assurance.diff.compare import Change, Comparison
from hepatica.assurance.space.boxes import Boxes, Cutter, count, intersect, subtract
from hepatica.documents import Node, read_yaml
from hepatica.inference import SCOPE, Opener, TooManyAlternatives
from hepatica.knowledge import ConditionReader, Ruleset, Test
from hepatica.problems import InvalidInput, Problem, quote, suggestion

KEYS = ("from", "to", "where", "at_most", "because")
KINDS: tuple[str, ...] = get_args(Kind)
MOST_ALLOWED = 500
LONGEST = 500


class Allowance(NamedTuple):
    """One declared change: of what, from and to which place ("" for any), where (alternatives of tests that must hold), in
    at most how many profiles, and why.
    """

    subject: Subject
    before: str
    after: str
    where: tuple[frozenset[Test], ...] | None
    at_most: int | None
    because: str
    place: str


class Judged(NamedTuple):
    """Which changes were declared, which were not (with the profiles left over), and which declarations met nothing."""

    declared: tuple[Change, ...]
    undeclared: tuple[tuple[Change, int], ...]
    unmet: tuple[Allowance, ...]


def read_allowances(data: bytes, file: str, rulesets: Sequence[Ruleset]) -> tuple[Allowance, ...]:
    """The allowances in a YAML file; conditions may use the concepts of the last ruleset. Raises `InvalidInput`."""
    root = read_yaml(data, file)
    problems: list[Problem] = []
    found: list[Allowance] = []
    if not isinstance(root.value, dict) or set(root.value) != {"allow"} or not isinstance(root.value["allow"].value, list):
        raise InvalidInput([root.problem(file, "allow", "expected one key 'allow' with a list of changes")])
    entries = root.value["allow"].value
    if len(entries) > MOST_ALLOWED:
        raise InvalidInput([root.problem(file, "too-many", f"more than {MOST_ALLOWED} declared changes")])
    for entry in entries:
        found.extend(_Reader(entry, file, rulesets, problems).allowances())
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


class _Reader:
    def __init__(self, entry: Node, file: str, rulesets: Sequence[Ruleset], problems: list[Problem]) -> None:
        self.entry, self.file, self.rulesets, self.problems = entry, file, rulesets, problems

    def allowances(self) -> Iterable[Allowance]:
        values = self.entry.value
        if not isinstance(values, dict):
            self._problem(self.entry, "allow", f"a declared change is a mapping of {', '.join((*KINDS, *KEYS))}")
            return
        for key in values:
            if key not in (*KINDS, *KEYS):
                message = f"unknown key {quote(key)}; {suggestion(key, (*KINDS, *KEYS))}"
                self.problems.append(self.entry.key_problem(self.file, key, "unknown-key", message))
        subject = self._subject(values)
        because = self._text(values, "because")
        if not because and not ("because" in values and isinstance(values["because"].value, (dict, list))):
            self._problem(self.entry, "missing-key", "'because' is required: say why the change is meant")
        line = f"{self.file}:{self.entry.line}"
        where, at_most = self._where(values), self._at_most(values)
        if subject is not None:
            before, after = (self._place(values, key, subject.kind) for key in ("from", "to"))
            yield Allowance(subject, before, after, where, at_most, because, line)

    def _problem(self, node: Node, code: str, message: str) -> None:
        self.problems.append(node.problem(self.file, code, message))

    def _subject(self, values: dict[str, Node]) -> Subject | None:
        named = [kind for kind in get_args(Kind) if kind in values]
        if len(named) != 1:
            self._problem(self.entry, "allow", f"a declared change names exactly one of {', '.join(KINDS)}")
            return None
        kind = named[0]
        if isinstance(values[kind].value, (dict, list)):
            self._problem(values[kind], "wrong-type", f"expected the name of one {kind}")
            return None
        name = values[kind].raw
        known = {name for ruleset in self.rulesets for name in _ids(kind, ruleset)}
        if name not in known:
            self._problem(values[kind], f"unknown-{kind}", f"no {kind} {quote(name)}; {suggestion(name, sorted(known)[:60])}")
            return None
        return Subject(kind, name)

    def _text(self, values: dict[str, Node], key: str) -> str:
        node = values.get(key)
        if node is None:
            return ""
        if isinstance(node.value, (dict, list)) or len(node.raw) > LONGEST:
            self._problem(node, "wrong-type", f"{key} is a text of at most {LONGEST} characters")
            return ""
        return node.raw.strip()

    def _place(self, values: dict[str, Node], key: str, kind: Kind) -> str:
        """The list or verdict that a change comes from or goes to; empty where any is meant."""
        text = self._text(values, key)
        if text and text not in PLACES[kind]:
            self._problem(values[key], "unknown-place", f"a {kind} is never {quote(text)}; {suggestion(text, PLACES[kind])}")
        return text

    def _at_most(self, values: dict[str, Node]) -> int | None:
        node = values.get("at_most")
        if node is None:
            return None
        if isinstance(node.value, bool) or not isinstance(node.value, int) or node.value < 0:
            self._problem(node, "wrong-type", "at_most is a whole number of profiles")
            return None
        return node.value

    def _where(self, values: dict[str, Node]) -> tuple[frozenset[Test], ...] | None:
        node = values.get("where")
        if node is None:
            return None
        concepts = {concept.id: concept.when for concept in self.rulesets[-1].concepts.values()}
        condition = ConditionReader(self.file, tuple(concepts), self.problems).read(node)
        try:
            return Opener(concepts).opened(condition) if not self.problems else ()
        except TooManyAlternatives:
            self._problem(node, "too-many-alternatives", "'where' multiplies out too far; split it")
            return None


def _ids(kind: Kind, ruleset: Ruleset) -> Iterable[str]:
    """The subjects of a kind that a ruleset knows."""
    if kind == "note":
        return [note.id for note in ruleset.notes]
    return {"therapy": ruleset.therapies, "study": ruleset.studies, "scope": (SCOPE,)}[kind]


def tests_in(allowances: Iterable[Allowance]) -> tuple[Test, ...]:
    """The tests that the declared regions make: the space of the comparison must be cut by them, too."""
    return tuple(test for a in allowances for alternative in a.where or () for test in sorted(alternative, key=repr))


def judge(comparison: Comparison, allowances: Sequence[Allowance]) -> Judged:
    """Hold every change against the declared ones."""
    cutter = Cutter(comparison.space)
    regions = {a: cutter.region(a.where).certain for a in allowances if a.where is not None}
    met: set[Allowance] = set()
    declared: list[Change] = []
    undeclared: list[tuple[Change, int]] = []
    for change in comparison.changes:
        fitting = [allowance for allowance in allowances if _fits(allowance, change)]
        met.update(a for a in fitting if a.where is None or intersect(change.boxes, regions[a]))
        left = _left(comparison, change, fitting, regions)
        if left:
            undeclared.append((change, left))
        else:
            declared.append(change)
    return Judged(tuple(declared), tuple(undeclared), tuple(a for a in allowances if a not in met))


def _fits(allowance: Allowance, change: Change) -> bool:
    within = allowance.at_most is None or change.profiles <= allowance.at_most
    places = allowance.before in ("", change.before.place) and allowance.after in ("", change.after.place)
    return allowance.subject == change.subject and places and within


def _left(comparison: Comparison, change: Change, fitting: Sequence[Allowance], regions: dict[Allowance, Boxes]) -> int:
    """How many profiles of a change no allowance covers."""
    left = list(change.boxes)
    for allowance in fitting:
        left = subtract(left, regions[allowance]) if allowance.where is not None else []
    return count(comparison.space, left)
