"""OpenAPI 3.1 of the pages' JSON, made from the table of pages, the declared fields and the types of the results."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter

from hepatica import __version__
from hepatica.notice import NOTICE
from hepatica.patient import LABEL, LONGEST_LABEL, UNKNOWN, Field
from hepatica.web.form import tokens_of
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import LONGEST_QUERY, MOST_PARAMETERS, PARTS, part
from hepatica.web.render import Page
from hepatica.web.request import RULESET, Parameter, RefusedRequest, RequestError

Document = dict[str, Any]
TEXT: Document = {"type": "string"}
_REF = "#/components/{}/{}"
_FAILURES = {"404": "Missing", "413": "Refused", "414": "Refused", "422": "Problems", "503": "Busy"}
_PROBLEMS_SAY = (
    "What is wrong with the request, all of it. Facts that are fine one by one are refused where they contradict each other "
    "(a class and a score of Child-Pugh), and so are amounts that are not plausible in their unit."
)


def description(pages: tuple[Page, ...], library: RulesetLibrary) -> Document:
    """The whole description."""
    types = {**{page.name: page.result for page in pages}, "problems": RefusedRequest, "error": RequestError}
    references, schemas = _schemas(types)
    parameters = _patient(library)
    shared = [{"$ref": _REF.format("parameters", key)} for key in parameters]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hepatica",
            "version": __version__,
            "description": f"{NOTICE} Every page as JSON. The address holds the whole case; nothing is stored.",
        },
        "paths": {f"{page.path}.json": {"get": _operation(page, library, references[page.name], shared)} for page in pages},
        "components": {
            "parameters": parameters,
            "schemas": schemas,
            "responses": {
                "Problems": {"description": _PROBLEMS_SAY, "content": _as_json(references["problems"])},
                "Missing": {"description": "Nothing stands at this address.", "content": _as_json(references["error"])},
                "Refused": {
                    "description": f"Out of bounds: {LONGEST_QUERY} characters of query, {MOST_PARAMETERS} parameters.",
                    "content": {"text/plain": {"schema": TEXT}},
                },
                "Busy": {
                    "description": "It takes too long, or is still being made: ask again.",
                    "content": {"text/plain": {"schema": TEXT}, **_as_json(references["error"])},
                },
            },
        },
    }


def _schemas(types: dict[str, Any]) -> tuple[dict[str, Document], Document]:
    """The schema of each type by its name here, and the definitions they share, both derived from the types."""
    adapters = [(name, "serialization", TypeAdapter(kind)) for name, kind in types.items()]
    found, shared = TypeAdapter.json_schemas(adapters, ref_template=_REF.format("schemas", "{model}"))  # type: ignore[arg-type]
    return {name: schema for (name, _), schema in found.items()}, shared["$defs"]


def _patient(library: RulesetLibrary) -> dict[str, Document]:
    """Every parameter of a patient, and the ruleset, by the key it is shared under."""
    inner = {part(whole, name): known for whole, parts in PARTS.items() for name, known in parts.items()}
    known = {**library.rulesets[library.default].fields, **inner}
    label = Parameter(LABEL, "A title; never a person's name.", longest=LONGEST_LABEL, pattern=r"^[ -~]*$")
    found = [_described(one.name, one.says, one.schema(library)) for one in (RULESET, label)]
    found += [_described(name, each.help or each.title, _field(each)) for name, each in known.items()]
    return {each["name"].replace(".", "-"): each for each in found}


def _field(known: Field) -> Document:
    """The tokens of a field. More is read than that (what people type), or refused with a reason, which no schema says."""
    if known.kind == "set":
        return {"type": "array", "items": {"type": "string", "enum": [*tokens_of(known), UNKNOWN]}}
    if known.kind == "number":
        units = "|".join(re.escape(unit) for unit in (known.units or {known.unit: 1}) if unit)
        amount = r"\d{1,4}(\.\d{1,2})?"
        return {"type": "string", "pattern": f"^([<>]?=? ?{amount}( ({units}))?)?$" if units else f"^({amount})?$"}
    return {"type": "string", "enum": ["", *tokens_of(known), UNKNOWN]}


def _operation(page: Page, library: RulesetLibrary, answer: Document, shared: list[Document]) -> Document:
    # The default ruleset's: under another, the same path may be missing.
    ruleset = library.rulesets[library.default]
    known = {"study": list(ruleset.studies), "therapy": list(ruleset.therapies)}
    placed = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": known[name]}}
        for name in re.findall(r"{(\w+)}", page.path)
    ]
    return {
        "operationId": page.name,
        "summary": page.says,
        "parameters": [*placed, *(_described(one.name, one.says, one.schema(library)) for one in page.own), *shared],
        "responses": {
            "200": {"description": page.says, "content": _as_json(answer)},
            **{status: {"$ref": _REF.format("responses", name)} for status, name in _FAILURES.items()},
        },
    }


def _described(name: str, says: str, schema: Document) -> Document:
    """A parameter of a query."""
    shown: Document = {"name": name, "in": "query", "required": False, "description": says, "schema": schema}
    # A list is a name given several times, as a form sends it, never words joined by commas.
    return {**shown, "style": "form", "explode": True} if schema["type"] == "array" else shown


def _as_json(schema: Document) -> Document:
    return {"application/json": {"schema": schema}}
