"""The web application: routes, static files, and bounds around all of it. Only GET; no cookies; no state.

Its OpenAPI 3.1 is made from the table of pages, the declared fields and the types of the results.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property, partial
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from hepatica import __version__
from hepatica.notice import NOTICE, notice
from hepatica.patient import LABEL, LONGEST_LABEL, UNKNOWN, Field
from hepatica.problems import InvalidInput
from hepatica.report import Paragraph, Title, json_bytes
from hepatica.web.form import tokens_of
from hepatica.web.library import RulesetLibrary
from hepatica.web.pages import pages, refused_view
from hepatica.web.query import LONGEST_QUERY, MOST_PARAMETERS, PARTS, part
from hepatica.web.quiz import quiz_page
from hepatica.web.render import Page, PageView, Renderer
from hepatica.web.request import RULESET, Parameter, RefusedRequest, Request, RequestError, read_request
from hepatica.web.server import RequestGuard, run_stoppable

JSON = ".json"
PICTURE = ".svg"
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# Answers are made one after the other where requests are read, in the order in which they came: nobody waits much longer than the
# others. What takes longer is made in a thread beside it, one at a time of each page.
SLOW_SECONDS = 55.0

Endpoint = Callable[[HttpRequest], Awaitable[Response]]
Respond = Callable[[Page, Request], Response]
Document = dict[str, Any]
TEXT: Document = {"type": "string"}
_REF = "#/components/{}/{}"
_FAILURES = {"404": "Missing", "413": "Refused", "414": "Refused", "422": "Problems", "503": "Busy"}
_PROBLEMS_SAY = (
    "What is wrong with the request, all of it. Facts that are fine one by one are refused where they contradict each other "
    "(a class and a score of Child-Pugh), and so are amounts that are not plausible in their unit."
)
T = TypeVar("T")


def application(library: RulesetLibrary, hosts: Sequence[str] = ("*",)) -> Starlette:
    """The application over a library; `hosts` are the names it answers to (a page elsewhere cannot borrow another)."""
    site = _Site(library)
    site.begin()
    routes = [
        Route("/", _home, methods=["GET"]),
        Route("/openapi.json", site.openapi, methods=["GET"]),
        *(Route(f"/static/{path.name}", _file(path), methods=["GET"]) for path in (Path(__file__).parent / "static").iterdir()),
    ]
    # In this order, since "/evidence/{study}" would match "/evidence/reach.json", too.
    for page in site.pages:
        formats = {JSON: site.json, **({PICTURE: site.picture} if page.picture else {}), "": site.html}
        routes += (Route(page.path + ending, site.endpoint(page, make), methods=["GET"]) for ending, make in formats.items())
    return Starlette(
        routes=routes,
        middleware=[Middleware(RequestGuard), Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        exception_handlers={HTTPException: site.failed},
    )


class _Site:
    """The pages of one library, as endpoints."""

    def __init__(self, library: RulesetLibrary) -> None:
        self.library = library
        self.pages = pages(library)
        self.renderer = Renderer(self.pages)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def begin(self) -> None:
        """Give a first answer under every ruleset, so that nobody waits for what is made with it: engines, templates, schemas."""
        form = next(page for page in self.pages if page.form)
        for name in self.library.rulesets:
            first = read_request(self.library, form.own, urlencode({RULESET.name: name}))
            self.html(form, first)
            self.json(form, first)

    def endpoint(self, page: Page, respond: Respond) -> Endpoint:
        """A coroutine that answers at once, or waits for `respond` in a thread, which stops when the request does."""

        async def endpoint(http: HttpRequest) -> Response:
            request = Request(library=self.library, ruleset_name=self.library.default, address=http.url.path)
            try:
                request = read_request(self.library, page.own, _query(http), address=http.url.path, path=http.path_params)
                if not (page.slow and page.slow(request)):
                    return respond(page, request)
                return await run_stoppable(lambda: respond(page, request), self._turns[page.path], SLOW_SECONDS, http.receive)
            except InvalidInput as error:
                if respond == self.picture:
                    raise HTTPException(422, str(error)) from None
                view = refused_view(page, request, error)
                if respond == self.json:
                    return _json(_line(view.result), view.status)
                return self._html(self.renderer.page(page, request, view), request, view.status)

        return endpoint

    def html(self, page: Page, request: Request) -> Response:
        written = self._made("html", page, request, lambda: self.renderer.page(page, request, page.view(request)))
        return self._html(written, request)

    def _html(self, written: str, request: Request, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return HTMLResponse(self.renderer.filled(written, request), status, headers)

    def json(self, page: Page, request: Request) -> Response:
        return _json(self._made("json", page, request, lambda: _line(page.view(request).result)))

    def picture(self, page: Page, request: Request) -> Response:
        assert page.picture is not None  # the route is there only for such
        drawn = self._made("svg", page, request, partial(page.picture, request))
        return Response(drawn, headers={"content-security-policy": PICTURE_POLICY}, media_type="image/svg+xml")

    def openapi(self, _: HttpRequest) -> Response:
        return _json(self._description)

    @cached_property
    def _description(self) -> bytes:
        # Most never ask for it, so that it is not made before.
        return _line(_description(self.pages, self.library))

    async def failed(self, http: HttpRequest, error: Exception) -> Response:
        """What no page answers, in the form that was asked for."""
        assert isinstance(error, HTTPException)
        message = "There is no page at this address." if error.detail == "Not Found" else error.detail
        result = RequestError(notice=notice(self.library.rulesets[self.library.default].card.as_of), error=message)
        if http.url.path.endswith(JSON):
            return _json(_line(result), error.status_code, error.headers)
        titles = {404: "Page not found", 503: "Please wait"}
        blocks = (Title(titles.get(error.status_code, "No page")), Paragraph(message))
        view = PageView(result=result, blocks=blocks, status=error.status_code)
        request = Request(library=self.library, ruleset_name=self.library.default)
        return self._html(self.renderer.page(None, request, view), request, view.status, error.headers)

    def _made(self, kind: str, page: Page, request: Request, make: Callable[[], T]) -> T:
        """A page in one form. What says nothing of a patient is made once, and the same for everybody."""
        if page.view is quiz_page:
            return make()
        request.profile  # noqa: B018 (a case that cannot be read is refused on every page but the quiz, which has its own)
        typed = any(one.offered is None and one.name in request.own for one in page.own)
        if typed or ((page.of_case or page.form) and (request.given or request.own)):
            return make()
        key = (kind, page.path, request.ruleset_name, request.patient.known, *request.path.items(), *sorted(request.own.items()))
        found: T = self.library.documents.get(key, make)
        return found


def _file(path: Path) -> Endpoint:
    """A file that a browser may keep, and asks again before using: after an upgrade none is out of date."""
    # They are few and small, and a page is not painted before they have come: so they are read once, and no thread is waited for.
    body, kind = path.read_bytes(), guess_type(path.name)[0]
    headers = {"cache-control": "no-cache", "etag": f'"{sha256(body).hexdigest()}"'}

    async def file(http: HttpRequest) -> Response:
        if headers["etag"] in http.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, 200, headers, kind)

    return file


def _query(http: HttpRequest) -> str:
    # As it was sent: Starlette's own reading would replace what is not UTF-8, which the reader of the query refuses instead.
    raw: bytes = http.scope["query_string"]
    return raw.decode("latin-1")


async def _home(http: HttpRequest) -> Response:
    query = _query(http)
    return RedirectResponse(f"/answer?{query}" if query else "/answer")


def _json(line: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(line, status, headers, media_type="application/json")


def _line(result: object) -> bytes:
    return json_bytes(result) + b"\n"


def _description(pages: tuple[Page, ...], library: RulesetLibrary) -> Document:
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
