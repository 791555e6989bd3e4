"""Case files to cases: every name held against the ruleset, every problem located, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from hepatica.assurance.cases.case import Case, Why
from hepatica.assurance.cases.files import case_files
from hepatica.assurance.cases.names import Names
from hepatica.assurance.cases.why import WhyReader
from hepatica.documents import Node, read_bytes, read_yaml
from hepatica.evaluation import LISTS, ApplicabilityStatus, ListName, Scope
from hepatica.knowledge import Ruleset
from hepatica.patient import UNKNOWN, Profile, facts_of, profile_from, profile_in
from hepatica.problems import InvalidInput, Problem, quote

FILE_KEYS = ("ruleset", "cases")
EXACTLY: dict[str, ListName] = {f"{name}_exactly": name for name in LISTS}
EXPECTATIONS = (*LISTS, *EXACTLY, "why", "scope", "derived", "applicability", "warnings")
CASE_KEYS = ("case", "profile", "patient", "set", *EXPECTATIONS)
LONGEST_SENTENCE = 1000
_TRUTHS = {"yes": "yes", "true": "yes", "no": "no", "false": "no", UNKNOWN: UNKNOWN}
_NOTHING_KNOWN = Profile(facts_of({}))


def read_cases(places: Sequence[Path], ruleset: Ruleset, given: bytes = b"") -> list[Case]:
    """The cases in files and folders, in order; `given` is what the place `GIVEN` stands for.

    Raises `InvalidInput` with every problem, also for a sentence used twice.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for path, data in case_files(places, given):
        try:
            cases.extend(cases_in(data, str(path), ruleset))
        except InvalidInput as error:
            problems.extend(error.problems)
    problems.extend(_twice(cases))
    if problems:
        raise InvalidInput(problems)
    return cases


def cases_in(data: bytes, file: str, ruleset: Ruleset) -> list[Case]:
    """The cases in the bytes of one file, named `file` in problems."""
    node = read_yaml(data, file)
    reader = _Reader(file, ruleset)
    cases = reader.cases(node)
    problems = [*reader.problems, *_twice(cases)]
    if problems:
        raise InvalidInput(problems)
    return cases


def ruleset_named_in(data: bytes, file: str) -> Node | None:
    """Where a case file names its ruleset itself; None where it names none. Raises `InvalidInput`."""
    node = read_yaml(data, file)
    named = node.value.get("ruleset") if isinstance(node.value, dict) else None
    if named is not None and (isinstance(named.value, (dict, list)) or not named.raw):
        raise InvalidInput([named.problem(file, "wrong-type", "'ruleset' is a shipped ruleset's id, or a path from this file")])
    return named


def _twice(cases: Iterable[Case]) -> Iterable[Problem]:
    seen: dict[str, Case] = {}
    for case in cases:
        first = seen.setdefault(case.sentence, case)
        if first is not case:
            message = f"the case {quote(case.sentence)} is already at {first.place}"
            yield Problem(case.file, case.line, 1, "duplicate-case", message)


class _Reader:
    def __init__(self, file: str, ruleset: Ruleset) -> None:
        self.file = file
        self.ruleset = ruleset
        self.problems: list[Problem] = []
        self.names = Names(file, self.problems)
        self.whys = WhyReader(self.names, ruleset)

    def cases(self, node: Node) -> list[Case]:
        listed = node.value.get("cases") if isinstance(node.value, dict) else None
        if listed is None or not isinstance(listed.value, list):
            self.names.problem(node, "no-cases", "a case file is a mapping with a list 'cases:'")
            return []
        self.names.keys(node, FILE_KEYS)
        if not listed.value:
            self.names.problem(listed, "no-cases", "the list holds no case")
        found = [self._case(child) for child in listed.value]
        return [case for case in found if case is not None]

    def _case(self, node: Node) -> Case | None:
        entries = self.names.keys(node, CASE_KEYS)
        if not entries:
            return None
        if not any(key in entries for key in EXPECTATIONS):
            self.names.problem(node, "expects-nothing", f"a case must expect something; allowed: {', '.join(EXPECTATIONS)}")
        lists = self._lists(entries)
        return Case(
            sentence=self._sentence(node, entries),
            profile=self._profile(node, entries),
            file=self.file,
            line=node.line,
            lists=lists,
            exactly=self._exactly(entries, lists),
            why=self._whys(entries.get("why")),
            scope=self._scope(entries.get("scope")),
            derived=self._derived(entries.get("derived")),
            applicability=self._applicability(entries.get("applicability")),
            warnings=self._warnings(entries.get("warnings")),
        )

    def _sentence(self, node: Node, entries: dict[str, Node]) -> str:
        given = entries.get("case")
        text = "" if given is None or isinstance(given.value, (dict, list)) else " ".join(given.raw.split())
        if not text or len(text) > LONGEST_SENTENCE or not text.isprintable():
            message = f"'case' is a sentence of at most {LONGEST_SENTENCE} printable characters that says what is expected"
            self.names.problem(given or node, "sentence", message)
        return text

    def _profile(self, node: Node, entries: dict[str, Node]) -> Profile:
        try:
            return self._read_profile(node, entries)
        except InvalidInput as error:
            self.problems.extend(error.problems)
            return _NOTHING_KNOWN

    def _read_profile(self, node: Node, entries: dict[str, Node]) -> Profile:
        given, patient, settings = entries.get("profile"), entries.get("patient"), entries.get("set")
        if (given is None) == (patient is None):
            raise InvalidInput([node.problem(self.file, "profile", "give either 'profile' or 'patient' (a file), not both")])
        if given is not None:
            if settings is not None:
                self.names.problem(settings, "profile", "'set' changes the facts of a 'patient' file; write them in 'profile'")
            return profile_from(given, self.file)
        assert patient is not None
        if isinstance(patient.value, (dict, list)) or not patient.raw:
            raise InvalidInput(
                [patient.problem(self.file, "wrong-type", "'patient' is the path of a patient file, from this file")]
            )
        path = Path(self.file).parent / patient.raw
        data = self._patient_bytes(patient, path)
        base = profile_in(data, str(path))
        return base if settings is None else self._changed(base, data, path, settings)

    def _patient_bytes(self, node: Node, path: Path) -> bytes:
        try:
            return read_bytes(path, str(path))
        except InvalidInput as error:
            reason = error.problems[0].message
            raise InvalidInput([node.problem(self.file, "unreadable", f"patient {quote(node.raw)}: {reason}")]) from None

    def _changed(self, base: Profile, data: bytes, path: Path, settings: Node) -> Profile:
        if not isinstance(settings.value, dict):
            self.names.problem(settings, "wrong-type", "'set' is a mapping of fields, as in a profile")
            return base
        changed = profile_from(settings, self.file)
        texts = [f"{key}={_setting(child)}" for key, child in settings.value.items()]
        return profile_in(data, str(path), texts) if texts else changed

    def _lists(self, entries: dict[str, Node]) -> dict[str, ListName]:
        found: dict[str, ListName] = {}
        for name in LISTS:
            for therapy, node in self.names.named(entries.get(name), self.ruleset.therapies, "therapy"):
                if therapy in found:
                    self.names.problem(node, "contradiction", f"{quote(therapy)} is expected in {found[therapy]} and in {name}")
                found[therapy] = name
        return found

    def _exactly(self, entries: dict[str, Node], lists: dict[str, ListName]) -> dict[ListName, frozenset[str]]:
        """The lists given whole; a problem where what is expected elsewhere leaves no answer that could meet them."""
        found: dict[ListName, frozenset[str]] = {}
        for key, name in EXACTLY.items():
            if key in entries:
                named = self.names.named(entries[key], self.ruleset.therapies, "therapy")
                found[name] = frozenset(therapy for therapy, _ in named)
                for therapy in sorted(found[name] & {t for other, names in found.items() if other != name for t in names}):
                    self.names.problem(entries[key], "contradiction", f"{quote(therapy)} is expected in two lists given whole")
                for therapy, place in lists.items():
                    if (therapy in found[name]) != (place == name):
                        message = f"{quote(therapy)} is expected in {place}, which {key} rules out"
                        self.names.problem(entries[key], "contradiction", message)
        return found

    def _whys(self, node: Node | None) -> dict[str, Why]:
        entries = self.names.keys(node, self.ruleset.therapies) if node is not None else {}
        return {name: self.whys.read(name, child) for name, child in entries.items() if name in self.ruleset.therapies}

    def _scope(self, node: Node | None) -> Scope | None:
        found: Any = self.names.word(node, get_args(Scope), "scope") or None
        checked: Scope | None = found
        return checked

    def _derived(self, node: Node | None) -> dict[str, str]:
        entries = self.names.keys(node, self.ruleset.concepts) if node is not None else {}
        found: dict[str, str] = {}
        for name, child in entries.items():
            truth = _TRUTHS.get(child.raw.lower()) if not isinstance(child.value, (dict, list)) else None
            if truth is None:
                self.names.problem(child, "unknown-value", f"{name} is expected to be yes, no or {UNKNOWN}")
            else:
                found[name] = truth
        return found

    def _applicability(self, node: Node | None) -> dict[str, ApplicabilityStatus]:
        entries = self.names.keys(node, self.ruleset.studies) if node is not None else {}
        found: dict[str, ApplicabilityStatus] = {}
        for name, child in entries.items():
            status: Any = self.names.word(child, get_args(ApplicabilityStatus), "applicability")
            if status and name in self.ruleset.studies:
                found[name] = status
        return found

    def _warnings(self, node: Node | None) -> frozenset[str] | None:
        if node is None:
            return None
        members = node.value if isinstance(node.value, list) else [node]
        wrong = [child for child in members if isinstance(child.value, (dict, list)) or not child.raw]
        for child in wrong:
            self.names.problem(child, "wrong-type", "warnings are listed by their codes")
        return frozenset(child.raw for child in members if child not in wrong)


def _setting(node: Node) -> str:
    """A field's value as one line of YAML."""
    if isinstance(node.value, dict):
        return "{" + ", ".join(f"{key}: {_setting(child)}" for key, child in node.value.items()) + "}"
    if isinstance(node.value, list):
        return "[" + ", ".join(_setting(child) for child in node.value) + "]"
    return node.raw or UNKNOWN
