"""What a request asks for: which ruleset, which patient, and the page's own parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import Ruleset
from hepatica.patient import Profile
from hepatica.problems import InvalidInput, quote, suggestion
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import Parameters, PatientQuery, QueryReader, parameters, refusal

Offered = Callable[[RulesetLibrary, Ruleset], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of a page's own parameters: how it is read, described in OpenAPI and, where it has a title, chosen above the page.

    `offered` are its values under a ruleset with their labels, `none` the label of no choice; without it, it is free text.
    """

    name: str
    says: str
    offered: Offered | None = None
    title: str = ""
    none: str = ""
    default: str = ""
    most: int = 1
    longest: int = 100
    pattern: str = ""
    placeholder: str = ""

    def schema(self, library: RulesetLibrary) -> dict[str, Any]:
        """Its JSON Schema, for every ruleset of a library."""
        # The empty word is allowed, since a form sends every control, chosen or not.
        known: dict[str, Any] = {"type": "string"}
        if self.offered:
            values = [value for ruleset in library.rulesets.values() for value in self.offered(library, ruleset)]
            known["enum"] = ["", *dict.fromkeys(values)]
        else:
            known |= {"maxLength": self.longest} | ({"pattern": self.pattern} if self.pattern else {})
        return known if self.most == 1 else {"type": "array", "maxItems": self.most, "items": known}


def words(values: Iterable[str]) -> Offered:
    """The same values under every ruleset, each its own label."""
    labels = {value: value for value in values}
    return lambda *_: labels


def rulesets(library: RulesetLibrary, _: Ruleset) -> Mapping[str, str]:
    """The names that rulesets are served under."""
    return {name: name for name in library.rulesets}


RULESET = Parameter("ruleset", "The rules to use.", rulesets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: the ruleset's name, the patient, the page's own parameters, the parts of the path, the address,
    and (`given`) all that was said of the patient, also in fields that only another ruleset served has."""

    library: RulesetLibrary
    ruleset_name: str
    patient: PatientQuery = field(default_factory=PatientQuery)
    own: Parameters = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    address: str = "/answer"
    query: str = ""
    given: Parameters = field(default_factory=dict)

    @property
    def evaluator(self) -> Evaluator:
        """What answers."""
        return evaluator_of(self.ruleset)

    @property
    def ruleset(self) -> Ruleset:
        """The ruleset that answers."""
        return self.library.rulesets[self.ruleset_name]

    @property
    def reader(self) -> QueryReader:
        """Reads and writes patients with the fields of the ruleset."""
        return self.library.readers[self.ruleset_name]

    @property
    def profile(self) -> Profile:
        """The patient. Raises `InvalidInput` with what is wrong where what was entered makes none."""
        if self.patient.profile is None:
            raise InvalidInput(self.patient.problems)
        return self.patient.profile

    def one(self, parameter: Parameter) -> str:
        """The value of a parameter, or its default. Raises `InvalidInput` where it may not be so."""
        found = self.many(parameter)
        return found[0] if found else parameter.default

    def many(self, parameter: Parameter) -> tuple[str, ...]:
        """Every value of a parameter. Raises `InvalidInput` where there are too many, or one may not be so."""
        name, given = parameter.name, self.own.get(parameter.name, ())
        if parameter.most == 1:
            # Two values of what has one could each be meant: refused, as a patient file with a key twice is.
            given = (single(name, given),)
        values = tuple(value.strip() for value in given if value.strip())
        if len(values) > parameter.most:
            raise refusal("too-many", f"{name} is given {len(values)} times; at most {parameter.most}")
        offered = parameter.offered(self.library, self.ruleset) if parameter.offered and values else None
        for value in values:
            if offered is not None and value not in offered:
                raise not_allowed(name, value, offered)
            if len(value) > parameter.longest and offered is None:
                raise refusal("too-long", f"{name} has {len(value)} characters; at most {parameter.longest}")
        return values


def read_request(library: RulesetLibrary, own: tuple[Parameter, ...], query: str, **at: Any) -> Request:
    """The parameters of a query told apart; `at` is the address and the parts of its path.

    Raises `InvalidInput` where it can be read in two ways or names no ruleset; what is wrong with the patient stands in it.
    """
    given = parameters(query)
    name = single(RULESET.name, given.pop(RULESET.name, ())) or library.default
    if name not in library.rulesets:
        raise not_allowed(RULESET.name, name, library.rulesets)
    # What is not the page's own belongs to the patient, whose reader says so where it knows no such field.
    mine = {parameter.name: given.pop(parameter.name) for parameter in own if parameter.name in given}
    request = Request(library=library, ruleset_name=name, own=mine, query=query, given=given, **at)
    # A field that only another ruleset served has is no fault: the same address is shown under both.
    strange = {field for ruleset in library.rulesets.values() for field in ruleset.fields} - request.ruleset.fields.keys()
    return replace(request, patient=request.reader.read({one: given[one] for one in given if one not in strange}))


def single(name: str, given: Sequence[str]) -> str:
    """The only value of a parameter, empty where there is none; raises `InvalidInput` where there are several."""
    if len(given) > 1:
        raise refusal("duplicate-key", f"{name} is given more than once")
    return given[0].strip() if given else ""


def not_allowed(name: str, value: str, allowed: Iterable[str]) -> InvalidInput:
    """A parameter that is none of the words allowed."""
    return refusal("unknown-value", f"{name} cannot be {quote(value)}; {suggestion(value, list(allowed))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one parameter; an empty `field` is the whole request."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRequest:
    """A request that cannot be answered, and why."""

    notice: str
    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestError:
    """What is answered where no page stands."""

    notice: str
    error: str
