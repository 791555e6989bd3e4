"""A case in a query string: from parameters to a profile, problems at the control they belong to, and back to a query.

Parameters are named like the entries of a patient file; parts of a mapping are joined by a point
(`child_pugh_components.inr`, `cmet.percent`). A measured component may bring its unit in a parameter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from hepatica.documents import Node
from hepatica.patient import (
    CHILD_PUGH_PARTS,
    COMPONENTS,
    FIELDS,
    KEYS,
    LABEL,
    NONE,
    UNKNOWN,
    Profile,
    child_pugh,
    profile_from,
    show,
    unit_key,
)
from hepatica.problems import InvalidInput, Problem, quote, suggestion

LONGEST_QUERY = 8192
MOST_PARAMETERS = 100
FILE = "form"
STAINING = "cmet"
STAINING_PARTS = ("intensity", "percent")
UNIT = "unit"

Parameters = Mapping[str, tuple[str, ...]]


def part(whole: str, name: str) -> str:
    """The parameter of one part of a mapping: `part("cmet", "percent")` is `cmet.percent`."""
    return f"{whole}.{name}"


def _units() -> dict[str, str]:
    """The unit parameter of each component that is measured in one, with the parameter of its amount."""
    measured = [name for name, scale in child_pugh.SCALES.items() if any(scale.cutoffs)]
    return {part(part(COMPONENTS, name), UNIT): part(COMPONENTS, name) for name in measured}


UNITS = _units()
SETS = frozenset(known.name for known in FIELDS if known.kind == "set")
NAMES = (
    *(key for key in KEYS if key != COMPONENTS),
    *(part(COMPONENTS, name) for name in CHILD_PUGH_PARTS),
    *(part(STAINING, name) for name in STAINING_PARTS),
    *UNITS,
)
_PLACES = (*KEYS, *NAMES)


@dataclass(frozen=True, slots=True)
class Case:
    """What was entered, and either a profile or what is wrong, by control ("" is the whole form)."""

    entered: Parameters
    profile: Profile | None = None
    problems: tuple[Problem, ...] = ()
    at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Nothing is known of the patient."""
        return self.profile is not None and all(value is None for value in self.profile.facts.values())

    @property
    def query(self) -> str:
        """The query that reproduces the case: what was entered, in the order of the form, without what is empty."""
        return urlencode(_stated(self.entered))


def parameters(query: str) -> dict[str, tuple[str, ...]]:
    """Every parameter with its values, in order; raises `InvalidInput` where there are too many, or not in UTF-8."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except UnicodeDecodeError:
        raise InvalidInput([_problem("", "encoding", "the address is not in UTF-8")]) from None
    except ValueError:
        raise InvalidInput([_problem("", "too-many", f"more than {MOST_PARAMETERS} parameters")]) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def case_of(given: Parameters) -> Case:
    """The case in the parameters (without those that belong to the view)."""
    known = {name: values for name, values in given.items() if name in NAMES}
    problems = [_unknown(name) for name in given if name not in NAMES]
    problems += [_twice(name) for name, values in known.items() if len(values) > 1 and name not in SETS]
    problems += [*_two_readings(known), *_units_of_nothing(known)]
    profile = None
    try:
        profile = profile_from(_document(known), FILE)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        return Case(known, None, tuple(sorted(set(problems))), _by_control(problems))
    return Case(known, profile)


def case_in(query: str) -> Case:
    """The case in a query string; a query that cannot be read is a case with that problem."""
    try:
        return case_of(parameters(query))
    except InvalidInput as error:
        return Case({}, None, error.problems, _by_control(error.problems))


def query_of(profile: Profile) -> str:
    """A query that reads back as an equal profile; what follows from components or a score is left to be computed."""
    pairs: list[tuple[str, str]] = [(LABEL, profile.label)] if profile.label else []
    computed = _computed(profile)
    for known in FIELDS:
        value = profile.facts[known.name]
        if known.name in computed or value is None:
            continue
        words = value if isinstance(value, tuple) and value else (show(value),)
        pairs += [(known.name, word) for word in words]
    for whole, parts in profile.entered.items():
        pairs += [(part(whole, name), text) for name, text in parts.items()]
    return urlencode(pairs)


def field_of(problem: Problem) -> str:
    """The control a problem belongs to; empty for the whole form."""
    return _PLACES[problem.line - 1] if 0 < problem.line <= len(_PLACES) else ""


def _computed(profile: Profile) -> set[str]:
    """The fields that reading the rest would give again."""
    found = {STAINING} if STAINING in profile.measurements else set()
    if len(profile.entered.get(COMPONENTS, {})) == len(CHILD_PUGH_PARTS):
        return found | {"child_pugh_class", "child_pugh_score"}
    return found | ({"child_pugh_class"} if profile.facts["child_pugh_score"] is not None else set())


def _stated(entered: Parameters) -> list[tuple[str, str]]:
    order = sorted(entered, key=NAMES.index)
    pairs = [(name, value.strip()) for name in order for value in entered[name]]
    return [(name, value) for name, value in pairs if value and value != UNKNOWN and _counts(name, entered)]


def _counts(name: str, entered: Parameters) -> bool:
    """A unit says something only beside its amount."""
    return name not in UNITS or any(value.strip() for value in entered.get(UNITS[name], ()))


def _place(name: str) -> int:
    return _PLACES.index(name) + 1 if name in _PLACES else len(_PLACES) + 1


def _problem(name: str, code: str, message: str) -> Problem:
    return Problem(FILE, _place(name), 1, code, message)


def _unknown(name: str) -> Problem:
    return _problem("", "unknown-field", f"unknown field {quote(name)}; {suggestion(name, NAMES)}")


def _twice(name: str) -> Problem:
    return _problem(name, "duplicate-key", f"{name} is given more than once")


def _by_control(problems: Iterable[Problem]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for problem in sorted(set(problems)):
        found.setdefault(field_of(problem), []).append(problem.message)
    return {name: tuple(messages) for name, messages in found.items()}


def _document(given: Parameters) -> Node:
    """The parameters as the tree of a patient file; a line number stands for a control."""
    entries: dict[str, Node] = {}
    for name in KEYS:
        if name in given:
            entries[name] = _set(name, given[name]) if name in SETS else _text(name, given[name][0])
    parts = {name: _amount(part(COMPONENTS, name), given) for name in CHILD_PUGH_PARTS}
    _add_mapping(entries, COMPONENTS, parts)
    _add_mapping(entries, STAINING, {name: _amount(part(STAINING, name), given) for name in STAINING_PARTS})
    return Node(entries, len(_PLACES) + 1, 1)


def _add_mapping(entries: dict[str, Node], name: str, parts: Mapping[str, Node | None]) -> None:
    present = {key: node for key, node in parts.items() if node is not None}
    if present:
        entries[name] = Node(present, _place(name), 1)


def _text(name: str, value: str) -> Node:
    return Node(value, _place(name), 1, value)


def _amount(name: str, given: Parameters) -> Node | None:
    """A part's text, with the unit chosen beside it where the text names none; None where nothing is stated."""
    text = given.get(name, ("",))[0].strip()
    if not text or text.lower() == UNKNOWN:
        return None
    unit = next((given[key][0] for key, amount in UNITS.items() if amount == name and key in given), "")
    return _text(name, f"{text} {unit}" if unit and text[-1].isdigit() else text)


def _set(name: str, values: Sequence[str]) -> Node:
    """A list of words; `unknown` counts for nothing beside a word, as an untouched choice does in a form."""
    stated = [value for value in values if value.strip().lower() not in ("", UNKNOWN)]
    if not stated:
        return _text(name, UNKNOWN)
    if stated == [NONE]:
        return _text(name, NONE)
    return Node([_text(name, value) for value in stated], _place(name), 1)


def _units_of_nothing(given: Parameters) -> list[Problem]:
    """Units that are none of their amount's, where no amount stands beside them to be refused."""
    problems = []
    for name, amount in UNITS.items():
        allowed = [unit for unit in child_pugh.SCALES[amount.rpartition(".")[2]].cutoffs if unit]
        text = given.get(name, ("",))[0].strip()
        if text and unit_key(text) not in map(unit_key, allowed) and _amount(amount, given) is None:
            problems.append(_problem(amount, "unit", f"{amount} has no unit {quote(text)}; {suggestion(text, allowed)}"))
    return problems


def _two_readings(given: Parameters) -> list[Problem]:
    """A status beside a staining: either could be meant, so neither is taken."""
    status = given.get(STAINING, (UNKNOWN,))[0].strip().lower()
    stained = any(_amount(part(STAINING, name), given) for name in STAINING_PARTS)
    if status in ("", UNKNOWN) or not stained:
        return []
    return [_problem(STAINING, "contradiction", f"{STAINING} is given as a status and as a staining; give one of them")]
