"""A patient in a query string: from parameters to a profile, problems at the control they belong to, and back to a query.

Parameters are named like the entries of a patient file; parts of a mapping are joined by a point
(`child_pugh_components.inr`, `cmet.percent`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from hepatica.documents import Node
from hepatica.patient import CHILD_PUGH_PARTS, COMPONENTS, LABEL, STAINING_PARTS, UNKNOWN, Fields, Profile, profile_from
from hepatica.problems import InvalidInput, Problem, quote, suggestion

LONGEST_QUERY = 8192
MOST_PARAMETERS = 100
FILE = "form"
STAINING = "cmet"
PARTS: Mapping[str, Fields] = {COMPONENTS: CHILD_PUGH_PARTS, STAINING: STAINING_PARTS}

# What is measured stands behind these fields, which say the same and are changed together.
_MEASURED_BEHIND = {COMPONENTS: {"child_pugh_class", "child_pugh_score"}, STAINING: {STAINING}}

Parameters = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientQuery:
    """What was entered, and either a profile or what is wrong, by control ("" is the whole form).

    `text` is the shortest query that reproduces it.
    """

    entered: Parameters = field(default_factory=dict)
    profile: Profile | None = None
    problems: tuple[Problem, ...] = ()
    by_control: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = ""

    @property
    def empty(self) -> bool:
        """Nothing is known of the patient."""
        return self.profile is not None and all(value is None for value in self.profile.facts.values())

    def one(self, name: str) -> str:
        """What was entered for a control; empty where nothing is stated."""
        value = self.entered.get(name, ("",))[0].strip()
        return "" if says_nothing(value) else value


def part(whole: str, name: str) -> str:
    """The parameter of one part of a mapping: `part("cmet", "percent")` is `cmet.percent`."""
    return f"{whole}.{name}"


def parameters(query: str) -> dict[str, tuple[str, ...]]:
    """Every parameter with its values, in order; raises `InvalidInput` where there are too many, or not in UTF-8."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except UnicodeDecodeError:
        raise refusal("encoding", "the address is not in UTF-8") from None
    except ValueError:
        raise refusal("too-many", f"more than {MOST_PARAMETERS} parameters") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def refusal(code: str, message: str) -> InvalidInput:
    """A problem with the request as a whole."""
    return InvalidInput([Problem(FILE, 0, 1, code, message)])


class QueryReader:
    """Reads and writes the patients of one table of fields."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        inner = [part(whole, name) for whole, parts in PARTS.items() for name in parts]
        self.names: tuple[str, ...] = (LABEL, *fields, *inner)
        # The reader of patient files reports problems by line. It is given a file in which every control has a line of its
        # own, so that the line says which control a problem belongs to.
        self._places: tuple[str, ...] = (*self.names, *(whole for whole in PARTS if whole not in fields))

    def read(self, given: Parameters) -> PatientQuery:
        """The patient in the parameters (without those that belong to the page); never raises."""
        known = {name: values for name, values in given.items() if name in self.names}
        patient = PatientQuery(entered=known, text=self.text(known))
        problems = [self._unknown(name) for name in given if name not in self.names]
        problems += [self._twice(name) for name, values in known.items() if len(values) > 1 and not self._is_set(name)]
        problems += self._two_readings(patient)
        profile = None
        try:
            profile = profile_from(self._document(patient), FILE, self.fields)
        except InvalidInput as error:
            problems += error.problems
        return self._refused(patient, problems) if problems else self._with(patient, profile=profile)

    def read_text(self, query: str) -> PatientQuery:
        """The patient in a query string; a query that cannot be read is a patient with that problem."""
        try:
            return self.read(parameters(query))
        except InvalidInput as error:
            return self._refused(PatientQuery(), error.problems)

    def changed(self, patient: PatientQuery, facts: Iterable[tuple[str, str]]) -> Parameters:
        """The patient's parameters with other facts; what was measured behind a changed fact no longer holds."""
        given: dict[str, list[str]] = {}
        for name, value in facts:
            given.setdefault(name, []).append(value)
        gone = set(given)
        for whole, behind in _MEASURED_BEHIND.items():
            if gone & behind:
                gone |= {part(whole, name) for name in PARTS[whole]} | (behind - {STAINING})
        kept = {name: values for name, values in patient.entered.items() if name not in gone}
        return {**kept, **{name: tuple(values) for name, values in given.items()}}

    def text(self, entered: Parameters) -> str:
        """The shortest query that says what was entered."""
        return urlencode(self._stated(entered))

    def write(self, profile: Profile) -> str:
        """A query that reads back as an equal profile; what follows from components or a score is left to be computed."""
        pairs: list[tuple[str, str]] = [(LABEL, profile.label)] if profile.label else []
        computed = _computed(profile)
        for name, known in self.fields.items():
            value = profile.facts.get(name)
            if name not in computed and value is not None:
                words = value if isinstance(value, tuple) and value else (known.written(value) if value != () else "none",)
                pairs += [(name, word) for word in words]
        for whole, parts in profile.entered.items():
            pairs += [(part(whole, name), text) for name, text in parts.items()]
        return urlencode(pairs)

    def control_of(self, problem: Problem) -> str:
        """The control a problem belongs to; empty for the whole form."""
        return self._places[problem.line - 1] if 0 < problem.line <= len(self._places) else ""

    def _is_set(self, name: str) -> bool:
        return name in self.fields and self.fields[name].kind == "set"

    def _line(self, name: str) -> int:
        return self._places.index(name) + 1 if name in self._places else 0

    def _unknown(self, name: str) -> Problem:
        return Problem(FILE, 0, 1, "unknown-field", f"unknown field {quote(name)}; {suggestion(name, self.names)}")

    def _twice(self, name: str) -> Problem:
        return Problem(FILE, self._line(name), 1, "duplicate-key", f"{name} is given more than once")

    def _two_readings(self, patient: PatientQuery) -> list[Problem]:
        """A status beside a staining: either could be meant, so neither is taken."""
        stained = any(patient.one(part(STAINING, name)) for name in PARTS[STAINING])
        if not stained or not patient.one(STAINING):
            return []
        message = f"{STAINING} is given as a status and as a staining; give one of them"
        return [Problem(FILE, self._line(STAINING), 1, "contradiction", message)]

    def _refused(self, patient: PatientQuery, problems: Iterable[Problem]) -> PatientQuery:
        every = tuple(sorted(set(problems)))
        found: dict[str, list[str]] = {}
        for problem in every:
            found.setdefault(self.control_of(problem), []).append(problem.message)
        by_control = {name: tuple(messages) for name, messages in found.items()}
        return self._with(patient, problems=every, by_control=by_control)

    def _with(self, patient: PatientQuery, **found: object) -> PatientQuery:
        return PatientQuery(entered=patient.entered, text=patient.text, **found)  # type: ignore[arg-type]

    def _stated(self, entered: Parameters) -> list[tuple[str, str]]:
        """What was entered, in the order of the form, without what is empty."""
        pairs = [(name, value.strip()) for name in self.names if name in entered for value in entered[name]]
        return [(name, value) for name, value in pairs if not says_nothing(value)]

    def _document(self, patient: PatientQuery) -> Node:
        """The parameters as the tree of a patient file; a line number stands for a control."""
        entries: dict[str, Node] = {}
        for name, values in patient.entered.items():
            if name in (LABEL, *self.fields):
                entries[name] = self._set(name, values) if self._is_set(name) else self._scalar(name, values[0])
        for whole, parts in PARTS.items():
            stated = {name: patient.one(part(whole, name)) for name in parts}
            present = {name: self._scalar(part(whole, name), text) for name, text in stated.items() if text}
            if present:
                entries[whole] = Node(present, self._line(whole), 1)
        return Node(entries, len(self._places) + 1, 1)

    def _scalar(self, name: str, value: str) -> Node:
        return Node(value, self._line(name), 1, value)

    def _set(self, name: str, values: Sequence[str]) -> Node:
        """A list of words; `unknown` counts for nothing beside a word, as an untouched choice does in a form."""
        stated = [value for value in values if not says_nothing(value)]
        if len(stated) < 2:
            return self._scalar(name, stated[0] if stated else UNKNOWN)
        return Node([self._scalar(name, value) for value in stated], self._line(name), 1)


def says_nothing(value: str) -> bool:
    """Nothing was entered, or that it is not known."""
    return value.strip().lower() in ("", UNKNOWN)


def _computed(profile: Profile) -> set[str]:
    """The fields that reading the rest would give again."""
    found = {STAINING} if "cmet" in profile.measurements else set()
    measured = profile.measurements.get("child_pugh")
    if measured and measured["score"] is not None:
        return found | {"child_pugh_class", "child_pugh_score"}
    return found | ({"child_pugh_class"} if profile.facts.get("child_pugh_score") is not None else set())
