"""Case files to cases: every name held against the ruleset, every problem located, all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hepatica.assurance.cases.case import ExpectedAnswer, PatientCase
from hepatica.assurance.cases.suite import case_files
from hepatica.documents import Node, decode, read_input, read_yaml
from hepatica.documents import Path as NodePath
from hepatica.evaluation import LISTS
from hepatica.knowledge import CASES, Ruleset
from hepatica.patient import Profile, facts_of, profile_from
from hepatica.problems import InvalidInput, Problem, gathered, quote, suggestion

FILE_KEYS = ("cases",)
LONGEST_SENTENCE = 1000
EXPECTATIONS = (*LISTS, *(f"{name}_exactly" for name in LISTS), "why", "shows", "scope", "derived", "applicability", "warnings")
_MEANINGFUL_WHEN_EMPTY = (*(f"{name}_exactly" for name in LISTS), "warnings", "needs", "blocked_by", "cites")


def read_cases(places: Sequence[Path], ruleset: Ruleset) -> list[PatientCase]:
    """The cases in files and folders, in order. Raises `InvalidInput` with every problem, also for a sentence used twice."""
    files = {path.absolute(): path for path in gathered(places, case_files)}
    return _unlike(gathered(files.values(), lambda path: cases_in(*read_input(str(path)), ruleset)))


def own_cases(folder: Path, ruleset: Ruleset) -> list[PatientCase]:
    """The cases in a ruleset's own folder; none where it has none."""
    place = folder / CASES
    return read_cases([place], ruleset) if place.is_dir() else []


def cases_in(data: bytes, file: str, ruleset: Ruleset) -> list[PatientCase]:
    """The cases in the bytes of one file, named `file` in problems."""
    node = read_yaml(data, file)
    entries = node.value if isinstance(node.value, dict) else {}
    listed = entries.get("cases")
    if listed is None or not isinstance(listed.value, list) or not listed.value:
        message = "a case file is a mapping with a list 'cases:' of at least one case"
        raise InvalidInput([(listed or node).problem(file, "no-cases", message)])
    problems = [
        node.key_problem(file, key, "unknown-key", f"unknown key {quote(key)}; {suggestion(key, FILE_KEYS)}")
        for key in entries
        if key not in FILE_KEYS
    ]
    found: list[PatientCase] = []
    for each in listed.value:
        reader = _CaseReader(each, file, ruleset)
        found.extend(reader.cases())
        problems.extend(reader.problems)
    if problems:
        raise InvalidInput(problems)
    return _unlike(found)


def _unlike(cases: list[PatientCase]) -> list[PatientCase]:
    """The cases; raises `InvalidInput` where two have one sentence."""
    seen: dict[str, PatientCase] = {}
    problems = [
        Problem(case.file, case.line, 1, "duplicate-case", f"the case {quote(case.sentence)} is already at {first.place}")
        for case in cases
        if (first := seen.setdefault(case.sentence, case)) is not case
    ]
    if problems:
        raise InvalidInput(problems)
    return cases


class _CaseReader:
    """Reads one case and holds it against the ruleset; what is wrong is added to `problems`."""

    def __init__(self, node: Node, file: str, ruleset: Ruleset) -> None:
        self.node, self.file, self.ruleset = node, file, ruleset
        self.problems: list[Problem] = []

    def cases(self) -> list[PatientCase]:
        """The case; none where it cannot be used."""
        if not isinstance(self.node.value, dict):
            self._problem((), "wrong-type", "a case is a mapping")
            return []
        expected = decode(ExpectedAnswer, self.node, self.file, self.problems)
        self._filled(self.node.value)
        self._names()
        profile = Profile(facts_of({}, self.ruleset.fields), fields=self.ruleset.fields)
        try:
            if "profile" not in self.node.value:
                raise InvalidInput(
                    [self.node.problem(self.file, "profile", "a case needs a 'profile': the facts of its patient")]
                )
            profile = profile_from(self.node.value["profile"], self.file, self.ruleset.fields)
        except InvalidInput as error:
            self.problems.extend(error.problems)
        if expected is None:
            return []
        sentence = " ".join(expected.case.split())
        if not sentence or len(sentence) > LONGEST_SENTENCE or not sentence.isprintable():
            message = f"'case' is a sentence of at most {LONGEST_SENTENCE} printable characters that says what is expected"
            self._problem(("case",), "sentence", message)
        self._contradictions(expected)
        return [PatientCase(replace(expected, case=sentence), profile, self.file, self.node.line)]

    def _problem(self, path: NodePath, code: str, message: str) -> None:
        self.problems.append(self.node.at(path).problem(self.file, code, message))

    def _filled(self, entries: Mapping[str, Node]) -> None:
        """Refuses what would pass whatever the answer is: a case, or a part of one, that expects nothing."""
        if not any(key in entries for key in EXPECTATIONS):
            self._problem((), "expects-nothing", f"a case must expect something; allowed: {', '.join(EXPECTATIONS)}")
        for key in entries:
            if key in EXPECTATIONS:
                self._not_empty((key,), key)

    def _not_empty(self, path: NodePath, key: str) -> None:
        # "derived: {}" looks like a question and would be met by any answer.
        value = self.node.at(path).value
        if isinstance(value, (dict, list)) and not value and key not in _MEANINGFUL_WHEN_EMPTY:
            hint = f"; that the list is empty is written {key}_exactly: []" if key in LISTS else ""
            self._problem(path, "expects-nothing", f"{key} expects nothing{hint}")
        elif isinstance(value, dict) and key not in ("derived", "applicability"):
            for name in value:
                self._not_empty((*path, name), name)

    def _names(self) -> None:
        """Every name under its key, as written, against those there are: a wrong one is told even where a case says no more."""
        known = self.ruleset
        for key in (*LISTS, *(f"{name}_exactly" for name in LISTS)):
            self._listed((key,), known.therapies, "therapy")
        self._keys(("derived",), known.concepts)
        self._keys(("applicability",), known.studies)
        self._keys(("shows",), known.therapies)
        for name in self._keys(("why",), known.therapies):
            at, rules = ("why", name), [rule.id for rule in known.therapies[name].rules]
            self._listed(at if self.node.at(at).raw else (*at, "rule"), rules, "rule")
            self._listed((*at, "cites"), known.studies, "study")
            self._listed((*at, "needs"), known.fields, "field")
            self._listed((*at, "blocked_by"), known.fields, "field")
            for rule in self._keys((*at, "also"), rules):
                self._listed((*at, "also", rule, "cites"), known.studies, "study")

    def _listed(self, path: NodePath, known: Collection[str], what: str) -> None:
        """Holds the names in a list, or the one name, at a path against those there are."""
        node = self._below(path)
        for one in node.value if node is not None and isinstance(node.value, list) else [node]:
            if one is not None and (name := one.raw) and name not in known:
                message = f"no {what} {quote(name)}; {suggestion(name, known)}"
                self.problems.append(one.problem(self.file, f"unknown-{what}", message))

    def _keys(self, path: NodePath, known: Collection[str]) -> list[str]:
        """The keys of a mapping that are known; the others are problems."""
        node = self._below(path)
        entries = node.value if node is not None and isinstance(node.value, dict) else {}
        for name in entries:
            if name not in known:
                message = f"unknown key {quote(name)}; {suggestion(name, known)}"
                self.problems.append(self.node.at(path).key_problem(self.file, name, "unknown-key", message))
        return [name for name in entries if name in known]

    def _below(self, path: NodePath) -> Node | None:
        """What stands at a path; None where nothing does."""
        node: Node | None = self.node
        for step in path:
            node = node.value.get(str(step)) if node is not None and isinstance(node.value, dict) else None
        return node

    def _contradictions(self, expected: ExpectedAnswer) -> None:
        """A therapy in two lists, or in one that another key gives whole and without it: no answer could meet that."""
        first: dict[str, str] = {}
        keys = [(name, key) for name in LISTS for key in (name, f"{name}_exactly")]
        claims = [(name, key, n, therapy) for name, key in keys for n, therapy in enumerate(getattr(expected, key) or ())]
        for name, key, index, therapy in claims:
            other = first.setdefault(therapy, name)
            if other != name:
                self._problem((key, index), "contradiction", f"{quote(therapy)} is expected in {other} and in {key}")
            elif therapy not in expected.exactly.get(name, (therapy,)):
                self._problem((key, index), "contradiction", f"{quote(therapy)} is not in {name}_exactly")
