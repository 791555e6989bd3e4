"""Case files to cases: every name held against the ruleset, every problem located, all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from hepatica.assurance.cases.case import ExpectedAnswer, PatientCase
from hepatica.assurance.cases.suite import case_files, files_below
from hepatica.documents import Node, decode, read_input, read_yaml
from hepatica.documents import Path as NodePath
from hepatica.evaluation import LISTS
from hepatica.knowledge import CASES, Ruleset
from hepatica.patient import profile_from
from hepatica.problems import InvalidInput, Problem, gathered, quote, suggestion

LONGEST_SENTENCE = 1000
EXPECTATIONS = (*LISTS, *(f"{name}_exactly" for name in LISTS), "why", "shows", "scope", "derived", "applicability", "warnings")
_MEANINGFUL_WHEN_EMPTY = (*(f"{name}_exactly" for name in LISTS), "warnings", "needs", "blocked_by", "cites")


def read_cases(places: Sequence[Path], ruleset: Ruleset) -> list[PatientCase]:
    """The cases in files and folders, in order. Raises `InvalidInput` with every problem, also for a sentence used twice."""
    files = {path.absolute(): path for path in gathered(places, case_files)}
    return _unlike(gathered(files.values(), lambda path: cases_in(*read_input(str(path)), ruleset)))


def own_cases(folder: Path, ruleset: Ruleset) -> list[PatientCase]:
    """The cases in a ruleset's own folder; none where it has none."""
    return read_cases(files_below(folder / CASES), ruleset)


def cases_in(data: bytes, file: str, ruleset: Ruleset) -> list[PatientCase]:
    """The cases in the bytes of one file, named `file` in problems."""
    node = read_yaml(data, file)
    entries = node.value if isinstance(node.value, dict) else {}
    listed = entries.get("cases")
    if listed is None or not isinstance(listed.value, list) or not listed.value:
        message = "a case file is a mapping with a list 'cases:' of at least one case"
        raise InvalidInput([(listed or node).fault("no-cases", message)])
    problems = [
        node.key_fault(key, "unknown-key", f"unknown key {quote(key)}; {suggestion(key, ('cases',))}")
        for key in entries
        if key != "cases"
    ]
    found = [case for each in listed.value for case in _CaseReader(each, file, ruleset, problems).cases()]
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

    def __init__(self, node: Node, file: str, ruleset: Ruleset, problems: list[Problem]) -> None:
        self.node, self.file, self.ruleset, self.problems = node, file, ruleset, problems

    def cases(self) -> list[PatientCase]:
        """The case; none where it cannot be used."""
        if not isinstance(self.node.value, dict):
            self._problem((), "wrong-type", "a case is a mapping")
            return []
        expected = decode(ExpectedAnswer, self.node, self.problems)
        # What would pass whatever the answer is, is refused: a case, or a part of one, that expects nothing.
        asked = [key for key in self.node.value if key in EXPECTATIONS]
        if not asked:
            self._problem((), "expects-nothing", f"a case must expect something; allowed: {', '.join(EXPECTATIONS)}")
        for key in asked:
            self._not_empty((key,), key)
        self._names()
        if expected is not None:
            expected = replace(expected, case=" ".join(expected.case.split()))
            if not 0 < len(expected.case) <= LONGEST_SENTENCE or not expected.case.isprintable():
                message = f"'case' is a sentence of at most {LONGEST_SENTENCE} printable characters that says what is expected"
                self._problem(("case",), "sentence", message)
            self._contradictions(expected)
        try:
            profile = profile_from(self.node.value.get("profile", {}), self.file, self.ruleset.fields)
        except InvalidInput as error:
            self.problems.extend(error.problems)
            return []
        return [PatientCase(expected, profile, self.file, self.node.line)] if expected is not None else []

    def _problem(self, path: NodePath, code: str, message: str) -> None:
        self.problems.append(self.node.fault(code, message, path))

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
            self._known((key,), known.therapies, "therapy")
        self._known(("derived",), known.concepts)
        self._known(("applicability",), known.studies)
        self._known(("shows",), known.therapies)
        for name in self._known(("why",), known.therapies):
            at, rules = ("why", name), [rule.id for rule in known.therapies[name].rules]
            self._known(at if self.node.at(at).raw else (*at, "rule"), rules, "rule")
            self._known((*at, "cites"), known.studies, "study")
            self._known((*at, "needs"), known.fields, "field")
            self._known((*at, "blocked_by"), known.fields, "field")
            for rule in self._known((*at, "also"), rules):
                self._known((*at, "also", rule, "cites"), known.studies, "study")

    def _known(self, path: NodePath, known: Collection[str], what: str = "") -> list[str]:
        """The names at a path that there are: the keys of a mapping, or one name or a list of them; the others are problems."""
        node = self.node.at(path)
        if node is self.node.at(path[:-1]):  # nothing stands there
            return []
        if isinstance(node.value, dict) and not what:
            for name in node.value:
                if name not in known:
                    message = f"unknown key {quote(name)}; {suggestion(name, known)}"
                    self.problems.append(node.key_fault(name, "unknown-key", message))
            return [name for name in node.value if name in known]
        for one in (node.value if isinstance(node.value, list) else [node]) if what else ():
            if one.raw and one.raw not in known:
                message = f"no {what} {quote(one.raw)}; {suggestion(one.raw, known)}"
                self.problems.append(one.fault(f"unknown-{what}", message))
        return []

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
