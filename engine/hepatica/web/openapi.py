"""OpenAPI 3.1 of the JSON twins, made from the pages and the declared fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hepatica import __version__
from hepatica.notice import NOTICE
from hepatica.patient import CHILD_PUGH_PARTS, COMPONENTS, FIELDS, LABEL, LONGEST_LABEL, NONE, UNKNOWN, Field, child_pugh
from hepatica.report.document import Document
from hepatica.web import schemas
from hepatica.web.cases import LONGEST_QUERY, MOST_PARAMETERS, STAINING, STAINING_PARTS, UNITS, part
from hepatica.web.view import RULESET, Page, Parameter

if TYPE_CHECKING:
    from hepatica.web.site import Site

_NOT_KNOWN: Document = {"type": "string", "pattern": rf"^\s*({UNKNOWN})?\s*$"}
_AMOUNT = r"\d{1,8}(\.\d{1,6})?"


def description(site: Site) -> Document:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hepatica",
            "version": __version__,
            "description": f"{NOTICE} Every view of the page as JSON. The address holds the whole case; nothing is stored.",
        },
        "paths": {f"{page.path}.json": {"get": _operation(page, _names(site))} for page in site.pages},
        "components": {
            "parameters": {_key(parameter.name): _described(parameter) for parameter in case_parameters(site)},
            "schemas": {"Problems": schemas.PROBLEMS, "Error": schemas.ERROR},
            "responses": _responses(),
        },
    }


def case_parameters(site: Site) -> list[Parameter]:
    """Every parameter of a case, and the ruleset."""
    rulesets = list(site.library.books)
    return [
        Parameter(name=RULESET, says="The rules to use.", schema={"type": "string", "enum": ["", *rulesets]}),
        Parameter(name=LABEL, says="A title; never a person's name.", schema=_label()),
        *(Parameter(name=known.name, says=_says(known), schema=_field(known)) for known in FIELDS),
        *(
            Parameter(name=part(COMPONENTS, name), says=f"Child-Pugh: {name}.", schema=_component(name))
            for name in CHILD_PUGH_PARTS
        ),
        *(Parameter(name=name, says="The unit of the amount.", schema=_unit(amount)) for name, amount in UNITS.items()),
        *_staining(),
    ]


def _names(site: Site) -> dict[str, list[str]]:
    """What may stand in a part of a path."""
    ruleset = site.library.books[site.library.default].ruleset
    return {"study": list(ruleset.studies), "therapy": list(ruleset.therapies)}


def _operation(page: Page, names: dict[str, list[str]]) -> Document:
    placed = [_path_parameter(name, names[name]) for name in re.findall(r"{(\w+)}", page.path)]
    own = [_described(parameter) for parameter in page.own]
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in _shared_names()]
    answers: Document = {
        "200": {"description": page.says, "content": {"application/json": {"schema": page.answer}}},
        **{status: {"$ref": f"#/components/responses/{name}"} for status, name in _FAILURES.items()},
    }
    return {
        "operationId": page.name,
        "summary": page.says,
        "parameters": [*placed, *own, *shared],
        "responses": answers,
    }


_FAILURES = {"404": "Missing", "413": "Refused", "414": "Refused", "422": "Problems", "503": "Refused"}


_PROBLEMS_SAY = (
    "What is wrong with the request, all of it. Facts that are fine one by one are refused where they contradict each other "
    "(a class and a score of Child-Pugh), and so are amounts that are not plausible in their unit."
)


def _responses() -> Document:
    def json(name: str) -> Document:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}

    return {
        "Problems": {"description": _PROBLEMS_SAY, "content": json("Problems")},
        "Missing": {"description": "Nothing stands at this address.", "content": json("Error")},
        "Refused": {
            "description": f"Out of bounds: {LONGEST_QUERY} characters of query, {MOST_PARAMETERS} parameters, or too slow.",
            "content": {"text/plain": {"schema": schemas.TEXT}},
        },
    }


def _shared_names() -> list[str]:
    fields = [known.name for known in FIELDS]
    components = [part(COMPONENTS, name) for name in CHILD_PUGH_PARTS]
    staining = [part(STAINING, name) for name in STAINING_PARTS]
    return [_key(name) for name in (RULESET, LABEL, *fields, *components, *UNITS, *staining)]


def _key(name: str) -> str:
    return name.replace(".", "-")


def _path_parameter(name: str, known: list[str]) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": known}}


def _described(parameter: Parameter) -> Document:
    shown: Document = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.says,
        "schema": parameter.schema,
    }
    return {**shown, "style": "form", "explode": True} if parameter.schema.get("type") == "array" else shown


def _label() -> Document:
    return {"type": "string", "maxLength": LONGEST_LABEL, "pattern": r"^[ -~]*$"}


def _says(known: Field) -> str:
    return f"{known.help} '{NONE}' stands alone." if known.kind == "set" else known.help


def _field(known: Field) -> Document:
    if known.kind == "number":
        amount = {"type": "string", "pattern": rf"^{_AMOUNT}( ?(ng/mL|µg/L))?$"}
        return {"anyOf": [amount, _NOT_KNOWN]}
    if known.kind == "set":
        words: Document = {"type": "string", "enum": [*known.values, NONE, UNKNOWN]}
        return {"type": "array", "items": words}
    if known.kind == "integer":
        grades = [str(value) for value in range(int(known.low), int(known.high) + 1)]
        return _words(*grades)
    allowed = ["yes", "no", "true", "false"] if known.kind == "flag" else list(known.values)
    return _words(*allowed)


def _words(*allowed: str) -> Document:
    return {"anyOf": [{"type": "string", "enum": list(allowed)}, _NOT_KNOWN]}


def _component(name: str) -> Document:
    if name in child_pugh.GRADES:
        return _words(*child_pugh.GRADES[name], *child_pugh.GRADE_SYNONYMS[name])
    units = [unit for unit in child_pugh.SCALES[name].cutoffs if unit]
    suffix = f" ({'|'.join(units)})" if units else ""
    return {"anyOf": [{"type": "string", "pattern": f"^{_AMOUNT}{suffix}$"}, _NOT_KNOWN]}


def _unit(amount: str) -> Document:
    name = amount.rpartition(".")[2]
    return {"type": "string", "enum": ["", *(unit for unit in child_pugh.SCALES[name].cutoffs if unit)]}


def _staining() -> list[Parameter]:
    low, high = (0, 3)
    grades = [f"{value}{sign}" for value in range(low, high + 1) for sign in ("", "+")]
    percent = {"anyOf": [{"type": "string", "pattern": r"^(\d{1,2}(\.\d{1,6})?|100)$"}, _NOT_KNOWN]}
    return [
        Parameter(name=part(STAINING, "intensity"), says="Staining intensity, 0 to 3.", schema=_words(*grades)),
        Parameter(name=part(STAINING, "percent"), says="Stained tumour cells in percent.", schema=percent),
    ]
