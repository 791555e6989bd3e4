"""What a view is: a function from what is asked to a document (the JSON twin) and the template that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hepatica.notice import notice
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.report.old_document import Document
from hepatica.web.cases import FILE, Case, Parameters, case_of, field_of
from hepatica.web.library import Book, Library

RULESET = "ruleset"
NOTHING = case_of({})


class NotFound(Exception):
    """Nothing stands at this address; the message says what does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the ruleset's name, the case, the view's own parameters, the parts of the path, and the address."""

    library: Library
    name: str
    case: Case = NOTHING
    own: Parameters = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    address: str = "/answer"
    query: str = ""

    @property
    def book(self) -> Book:
        """The ruleset that answers."""
        return self.library.books[self.name]

    def one(self, name: str, default: str = "") -> str:
        """The value of one of the view's own parameters; raises `InvalidInput` where it is given more than once."""
        return single(name, self.own.get(name, ())) or default

    def many(self, name: str, most: int) -> tuple[str, ...]:
        """Every value of one of the view's own parameters; raises `InvalidInput` where there are more than `most`."""
        given = self.own.get(name, ())
        if len(given) > most:
            raise InvalidInput([Problem(FILE, 0, 1, "too-many", f"{name} is given {len(given)} times; at most {most}")])
        return tuple(value.strip() for value in given if value.strip())

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """A parameter that must be one of some words, or absent; raises `InvalidInput`."""
        value = self.one(name)
        if value and value not in allowed:
            raise refused(name, value, allowed)
        return value


@dataclass(frozen=True, slots=True)
class View:
    """A document with the notice in it, the template that shows it and what else the template needs."""

    template: str
    document: Document
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One of a view's own parameters, as OpenAPI describes it."""

    name: str
    says: str
    schema: Document
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address. `tab` is its name in the navigation, `answer` the schema of its document; `picture` is shown at path.svg."""

    path: str
    name: str
    tab: str
    says: str
    view: Callable[[Asked], View]
    answer: Document
    own: tuple[Parameter, ...] = ()
    needs_case: bool = False
    picture: Callable[[Asked], bytes] | None = None


def single(name: str, given: tuple[str, ...]) -> str:
    """The only value of a parameter, empty where there is none; raises `InvalidInput` where there are several."""
    if len(given) > 1:
        raise InvalidInput([Problem(FILE, 0, 1, "duplicate-key", f"{name} is given more than once")])
    return given[0].strip() if given else ""


def refused(name: str, value: str, allowed: tuple[str, ...]) -> InvalidInput:
    """A parameter that is none of the words allowed."""
    message = f"{name} cannot be {quote(value)}; {suggestion(value, allowed)}"
    return InvalidInput([Problem(FILE, 0, 1, "unknown-value", message)])


def problems_document(problems: tuple[Problem, ...], book: Book) -> Document:
    """The JSON of a request that cannot be answered."""
    return {
        "notice": notice(book.ruleset.card.as_of),
        "problems": [{"field": field_of(p), "code": p.code, "message": p.message} for p in problems],
    }
