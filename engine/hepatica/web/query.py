"""A patient in a query string: from parameters to a profile, problems at the control they belong to, and back to a query.

Parameters are named like the entries of a patient file; parts of a mapping are joined by a point
(`child_pugh_components.inr`, `cmet.percent`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from hepatica import wording
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

    @property
    def known(self) -> bool:
        """Something is, and none of it is in the way of an answer."""
        return self.profile is not None and not self.empty

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
    return grouped(pairs)


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The values of each name, in order."""
    return {name: tuple(values) for name, values in wording.grouped(pairs).items()}


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
        # own, so that the line says which control a problem belongs to; the line 0 is the whole form.
        self._controls = ("", *self.names, *(whole for whole in PARTS if whole not in fields))
        self._lines = {name: line for line, name in enumerate(self._controls)}

    def read(self, given: Parameters) -> PatientQuery:
        """The patient in the parameters (without those that belong to the page); never raises."""
        known = {name: values for name, values in given.items() if name in self.names}
        pairs = [(name, value.strip()) for name in self.names for value in known.get(name, ())]
        patient = PatientQuery(entered=known, text=urlencode([pair for pair in pairs if not says_nothing(pair[1])]))
        problems = [*self._misused(given, patient)]
        try:
            profile = profile_from(self._document(patient), fields=self.fields)
        except InvalidInput as error:
            problems += error.problems
        if not problems:
            return replace(patient, profile=profile)
        every = tuple(sorted(set(problems)))
        return replace(patient, problems=every, by_control=grouped((self.control_of(one), self.titled(one)) for one in every))

    def changed_text(self, patient: PatientQuery, facts: str) -> str:
        """The `text` of the patient with other facts, which are a query, too: as it stands, nothing of it is written again."""
        written, given = (grouped((pair.partition("=")[0], pair) for pair in text.split("&")) for text in (patient.text, facts))
        found = changed(written, given)
        texts = (pair for name in self.names for pair in found.get(name, ()))
        return "&".join(pair for pair in texts if not says_nothing(pair.partition("=")[2]))

    def write(self, profile: Profile) -> str:
        """A query that reads back as an equal profile; what follows from components or a score is left to be computed."""
        measured = profile.measurements.get("child_pugh")
        computed = {STAINING} if STAINING in profile.measurements else set()
        if measured and measured["score"] is not None:
            computed |= {"child_pugh_class", "child_pugh_score"}
        elif profile.facts.get("child_pugh_score") is not None:
            computed.add("child_pugh_class")
        pairs: list[tuple[str, str]] = [(LABEL, profile.label)] if profile.label else []
        for name, known in self.fields.items():
            value = profile.facts.get(name)
            if name not in computed and value is not None:
                # An empty set is "none of these", which is known; to leave it out would say that it is not.
                words = value if isinstance(value, tuple) and value else (known.written(value) if value != () else "none",)
                pairs += [(name, word) for word in words]
        for whole, parts in profile.entered.items():
            pairs += [(part(whole, name), text) for name, text in parts.items()]
        return urlencode(pairs)

    def control_of(self, problem: Problem) -> str:
        """The control a problem belongs to; empty for the whole form."""
        return self._controls[problem.line] if problem.line < len(self._controls) else ""

    def titled(self, problem: Problem) -> str:
        """What is wrong, with the control's title where a file would say the field's name."""
        name = self.control_of(problem)
        known = self.fields.get(name)
        return problem.message.replace(name, known.title, 1) if known and problem.message.startswith(name) else problem.message

    def _misused(self, given: Parameters, patient: PatientQuery) -> Iterator[Problem]:
        """What no patient file could say: an unknown name, a name given twice, a status beside a staining."""
        for name, values in given.items():
            if name not in self.names:
                message = f"unknown field {quote(name)}; {suggestion(name, self.names)}"
                yield Problem(FILE, 0, 1, "unknown-field", message)
            elif len(values) > 1 and not (name in self.fields and self.fields[name].kind == "set"):
                yield Problem(FILE, self._lines[name], 1, "duplicate-key", f"{name} is given more than once")
        if patient.one(STAINING) and any(patient.one(part(STAINING, name)) for name in PARTS[STAINING]):
            message = f"{STAINING} is given as a status and as a staining; give one of them"
            yield Problem(FILE, self._lines[STAINING], 1, "contradiction", message)

    def _document(self, patient: PatientQuery) -> Node:
        """The parameters as the tree of a patient file; a line number stands for a control."""
        entries: dict[str, Node] = {}
        for name, values in patient.entered.items():
            if name in self.fields and self.fields[name].kind == "set":
                # `unknown` counts for nothing beside a word, as an untouched choice does in a form.
                stated = [value for value in values if not says_nothing(value)]
                nodes = [self._scalar(name, value) for value in stated or [UNKNOWN]]
                entries[name] = nodes[0] if len(nodes) == 1 else Node(nodes, self._lines[name], 1, origin=FILE)
            elif name == LABEL or name in self.fields:
                entries[name] = self._scalar(name, values[0])
        for whole, parts in PARTS.items():
            texts = {name: patient.one(part(whole, name)) for name in parts}
            if present := {name: self._scalar(part(whole, name), text) for name, text in texts.items() if text}:
                entries[whole] = Node(present, self._lines[whole], 1, origin=FILE)
        return Node(entries, len(self._lines), 1, origin=FILE)

    def _scalar(self, name: str, value: str) -> Node:
        return Node(value, self._lines[name], 1, value, origin=FILE)


def changed(known: Parameters, given: Parameters) -> Parameters:
    """A patient's parameters with others in their place; what was measured behind a changed fact no longer holds."""
    gone = set(given)
    for whole, behind in _MEASURED_BEHIND.items():
        if gone & behind:
            gone |= {part(whole, name) for name in PARTS[whole]} | (behind - {STAINING})
    return {**{name: values for name, values in known.items() if name not in gone}, **given}


def says_nothing(value: str) -> bool:
    """Nothing was entered, or that it is not known."""
    return value.strip().lower() in ("", UNKNOWN)
