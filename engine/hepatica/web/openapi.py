"""OpenAPI 3.1 of the pages' JSON, made from the table of pages, the declared fields and the types of the results."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter

from hepatica import __version__
from hepatica.notice import NOTICE
from hepatica.patient import LABEL, LONGEST_LABEL, NONE, UNKNOWN, Field
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import LONGEST_QUERY, MOST_PARAMETERS, PARTS, part
from hepatica.web.render import Page
from hepatica.web.request import RULESET, PageParameter, RefusedRequest, RequestError, one_of, typed

Document = dict[str, Any]
TEXT: Document = {"type": "string"}
_REF = "#/components/{}/{}"
_FAILURES = {"404": "Missing", "413": "Refused", "414": "Refused", "422": "Problems", "503": "Refused"}
_PROBLEMS_SAY = (
    "What is wrong with the request, all of it. Facts that are fine one by one are refused where they contradict each other "
    "(a class and a score of Child-Pugh), and so are amounts that are not plausible in their unit."
)


def description(pages: tuple[Page, ...], library: RulesetLibrary) -> Document:
    """The whole description."""
    types = {**{page.name: page.result for page in pages}, "problems": RefusedRequest, "error": RequestError}
    references, schemas = _schemas(types)
    parameters = patient_parameters(library)
    shared = [{"$ref": _REF.format("parameters", _key(parameter.name))} for parameter in parameters]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hepatica",
            "version": __version__,
            "description": f"{NOTICE} Every page as JSON. The address holds the whole case; nothing is stored.",
        },
        "paths": {f"{page.path}.json": {"get": _operation(page, library, references[page.name], shared)} for page in pages},
        "components": {
            "parameters": {_key(parameter.name): _described(parameter) for parameter in parameters},
            "schemas": schemas,
            "responses": {
                "Problems": {"description": _PROBLEMS_SAY, "content": _as_json(references["problems"])},
                "Missing": {"description": "Nothing stands at this address.", "content": _as_json(references["error"])},
                "Refused": {
                    "description": f"Out of bounds: {LONGEST_QUERY} characters of query, {MOST_PARAMETERS} parameters, too slow.",
                    "content": {"text/plain": {"schema": TEXT}},
                },
            },
        },
    }


def _schemas(types: dict[str, Any]) -> tuple[dict[str, Document], Document]:
    """The schema of each type by its name here, and the definitions they share, both derived from the types."""
    adapters = [(name, "serialization", TypeAdapter(kind)) for name, kind in types.items()]
    found, shared = TypeAdapter.json_schemas(adapters, ref_template=_REF.format("schemas", "{model}"))  # type: ignore[arg-type]
    return {name: schema for (name, _), schema in found.items()}, shared["$defs"]


def patient_parameters(library: RulesetLibrary) -> list[PageParameter]:
    """Every parameter of a patient, and the ruleset."""
    ruleset = library.rulesets[library.default]
    inner = {part(whole, name): known for whole, parts in PARTS.items() for name, known in parts.items()}
    known = {**ruleset.fields, **inner}
    return [
        one_of(RULESET, "The rules to use.", library.rulesets),
        typed(LABEL, "A title; never a person's name.", LONGEST_LABEL, r"^[ -~]*$"),
        *(PageParameter(name, each.help or each.title, _field(each)) for name, each in known.items()),
    ]


def _field(known: Field) -> Document:
    """The tokens of a field. More is read than that (what people type), or refused with a reason, which no schema says."""
    if known.kind == "set":
        return {"type": "array", "items": {"type": "string", "enum": [*known.values, NONE, UNKNOWN]}}
    if known.kind == "number":
        units = "|".join(re.escape(unit) for unit in (known.units or {known.unit: 1}) if unit)
        amount = r"\d{1,4}(\.\d{1,2})?"
        return {"type": "string", "pattern": f"^([<>]?=? ?{amount}( ({units}))?)?$" if units else f"^({amount})?$"}
    if known.kind == "integer":
        tokens: tuple[str, ...] = tuple(str(value) for value in range(int(known.low), int(known.high) + 1))
    else:
        tokens = ("yes", "no") if known.kind == "flag" else known.values
    return {"type": "string", "enum": ["", *tokens, UNKNOWN]}


def _operation(page: Page, library: RulesetLibrary, answer: Document, shared: list[Document]) -> Document:
    ruleset = library.rulesets[library.default]
    known = {"study": list(ruleset.studies), "therapy": list(ruleset.therapies)}
    placed = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": known[name]}}
        for name in re.findall(r"{(\w+)}", page.path)
    ]
    return {
        "operationId": page.name,
        "summary": page.says,
        "parameters": [*placed, *(_described(parameter) for parameter in page.own), *shared],
        "responses": {
            "200": {"description": page.says, "content": _as_json(answer)},
            **{status: {"$ref": _REF.format("responses", name)} for status, name in _FAILURES.items()},
        },
    }


def _described(parameter: PageParameter) -> Document:
    shown: Document = {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.says,
        "schema": parameter.schema,
    }
    return {**shown, "style": "form", "explode": True} if parameter.schema.get("type") == "array" else shown


def _as_json(schema: Document) -> Document:
    return {"application/json": {"schema": schema}}


def _key(name: str) -> str:
    return name.replace(".", "-")
