"""What a request asks for: which ruleset, which patient, and the page's own parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import Ruleset
from hepatica.patient import Profile
from hepatica.problems import InvalidInput, quote, suggestion
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import Parameters, PatientQuery, QueryReader, parameters, refusal

RULESET = "ruleset"


class PageNotFound(Exception):
    """Nothing stands at this address; the message says what does."""


@dataclass(frozen=True, slots=True)
class PageParameter:
    """One of a page's own parameters: its name, what it is for, and its JSON Schema."""

    name: str
    says: str
    schema: Mapping[str, Any]


def one_of(name: str, says: str, values: Iterable[str]) -> PageParameter:
    """A parameter that is one of some words, or empty."""
    return PageParameter(name, says, {"type": "string", "enum": ["", *dict.fromkeys(values)]})


def typed(name: str, says: str, longest: int, pattern: str = "") -> PageParameter:
    """A parameter that is free text."""
    return PageParameter(name, says, {"type": "string", "maxLength": longest, **({"pattern": pattern} if pattern else {})})


def several(most: int, each: PageParameter) -> PageParameter:
    """A parameter that may be given several times."""
    return PageParameter(each.name, each.says, {"type": "array", "maxItems": most, "items": each.schema})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: the ruleset's name, the patient, the page's own parameters, the parts of the path, and the address."""

    library: RulesetLibrary
    ruleset_name: str
    patient: PatientQuery = field(default_factory=PatientQuery)
    own: Parameters = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    address: str = "/answer"
    query: str = ""

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
        return QueryReader(self.ruleset.fields)

    @property
    def profile(self) -> Profile:
        """The patient. Raises `InvalidInput` with what is wrong where what was entered makes none."""
        if self.patient.profile is None:
            raise InvalidInput(self.patient.problems)
        return self.patient.profile

    @property
    def known_profile(self) -> Profile | None:
        """The patient, or None while nothing is known of it. Raises as `profile` does."""
        return None if self.profile is not None and self.patient.empty else self.profile

    def one(self, name: str, default: str = "") -> str:
        """The value of one of the page's own parameters; raises `InvalidInput` where it is given more than once."""
        return single(name, self.own.get(name, ())) or default

    def many(self, name: str, most: int) -> tuple[str, ...]:
        """Every value of one of the page's own parameters; raises `InvalidInput` where there are more than `most`."""
        given = tuple(value.strip() for value in self.own.get(name, ()) if value.strip())
        if len(given) > most:
            raise refusal("too-many", f"{name} is given {len(given)} times; at most {most}")
        return given

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """A parameter that must be one of some words, or absent; raises `InvalidInput`."""
        value = self.one(name)
        if value and value not in allowed:
            raise not_allowed(name, value, allowed)
        return value


def read_request(
    library: RulesetLibrary, own: tuple[PageParameter, ...], *, address: str, query: str, path: Mapping[str, str]
) -> Request:
    """The parameters of a query told apart. Raises `InvalidInput` where it can be read in two ways or names no ruleset; what is
    wrong with the patient stands in the request.
    """
    given = parameters(query)
    name = single(RULESET, given.pop(RULESET, ())) or library.default
    if name not in library.rulesets:
        raise not_allowed(RULESET, name, tuple(library.rulesets))
    mine = {parameter.name: given.pop(parameter.name) for parameter in own if parameter.name in given}
    request = Request(library=library, ruleset_name=name, own=mine, path=path, address=address, query=query)
    return replace(request, patient=request.reader.read(given))


def single(name: str, given: tuple[str, ...]) -> str:
    """The only value of a parameter, empty where there is none; raises `InvalidInput` where there are several."""
    if len(given) > 1:
        raise refusal("duplicate-key", f"{name} is given more than once")
    return given[0].strip() if given else ""


def not_allowed(name: str, value: str, allowed: tuple[str, ...]) -> InvalidInput:
    """A parameter that is none of the words allowed."""
    return refusal("unknown-value", f"{name} cannot be {quote(value)}; {suggestion(value, allowed)}")


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
