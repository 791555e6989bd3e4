"""From a request to a view, and from a view to HTML or JSON. The same path with `.json` is the view's twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from hepatica.knowledge import Study, condition_words
from hepatica.notice import notice
from hepatica.patient import FIELD_BY_NAME, LABEL, show
from hepatica.problems import InvalidInput
from hepatica.report.figures import shown
from hepatica.report.knowledge.evidence_document import enrolled
from hepatica.report.sentences import applicability_words, evidence_line
from hepatica.web import form, tables
from hepatica.web.cases import case_of, parameters
from hepatica.web.library import Book, Library
from hepatica.web.view import RULESET, Asked, NotFound, Page, View, problems_document, refused, single
from hepatica.web.words import first_up, said, title, words

if TYPE_CHECKING:
    from starlette.requests import Request

TWIN = ".json"
DRAWING = ".svg"
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TEMPLATES = Path(__file__).parent / "templates"


class Site:
    """The pages of one library."""

    def __init__(self, library: Library, pages: tuple[Page, ...]) -> None:
        self.library = library
        self.pages = pages
        self._bodies: dict[tuple[str, str], Markup] = {}

    @cached_property
    def environment(self) -> Environment:
        """The templates: everything is escaped, and a name that is missing is an error."""
        made = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        made.filters.update(
            words=words, shown=show, figure=shown, title_of=title, said=said, first_up=first_up, condition=condition_words
        )
        made.globals.update(line=evidence_line, fits=applicability_words, figures=tables.figures, enrolled=enrolled)
        return made

    def html(self, page: Page) -> Callable[[Request], Response]:
        """The endpoint of a page. Runs in a worker thread: it is not a coroutine."""

        def endpoint(request: Request) -> Response:
            asked, view = self._view(page, request)
            return self._rendered(page, asked, view)

        return endpoint

    def twin(self, page: Page) -> Callable[[Request], Response]:
        """The endpoint of a page's JSON twin."""

        def endpoint(request: Request) -> Response:
            try:
                _, view = self._view(page, request)
            except NotFound as error:
                return as_json({"notice": self.notice(), "error": str(error)}, 404)
            return as_json(view.document, view.status)

        return endpoint

    def drawing(self, page: Page) -> Callable[[Request], Response]:
        """The endpoint of a page's picture."""

        def endpoint(request: Request) -> Response:
            asked = self._understood(page, self._heard(request))
            if page.picture is None:
                raise NotFound("There is no picture of this.")
            if asked.case.profile is None:
                raise InvalidInput(asked.case.problems)
            return Response(page.picture(asked), headers={"content-security-policy": PICTURE_POLICY}, media_type="image/svg+xml")

        return endpoint

    def notice(self) -> str:
        """The notice of the default ruleset."""
        return notice(self.library.books[self.library.default].ruleset.card.as_of)

    def missing(self, message: str, status: int = 404) -> Response:
        """A page that says what is not there."""
        view = View("missing.html", {"notice": self.notice()}, {"message": message}, status)
        return self._rendered(None, Asked(self.library, self.library.default), view)

    def _view(self, page: Page, request: Request) -> tuple[Asked, View]:
        asked = self._heard(request)
        try:
            asked = self._understood(page, asked)
            if asked.case.profile is None:
                return asked, self._refused(page, asked, InvalidInput(asked.case.problems))
            return asked, page.view(asked)
        except InvalidInput as error:
            return asked, self._refused(page, asked, error)

    def _heard(self, request: Request) -> Asked:
        query = request.scope["query_string"].decode("latin-1")
        return Asked(self.library, self.library.default, path=request.path_params, address=request.url.path, query=query)

    def _understood(self, page: Page, asked: Asked) -> Asked:
        """The parameters told apart: the ruleset, the view's own, and the case."""
        given = parameters(asked.query)
        name = single(RULESET, given.pop(RULESET, ())) or self.library.default
        if name not in self.library.books:
            raise refused(RULESET, name, tuple(self.library.books))
        own = {parameter.name: given.pop(parameter.name) for parameter in page.own if parameter.name in given}
        return replace(asked, name=name, own=own, case=case_of(given))

    def _refused(self, page: Page, asked: Asked, error: InvalidInput) -> View:
        template = "answer.html" if page.needs_case else "invalid.html"
        return View(template, problems_document(error.problems, asked.book), {"problems": error.problems}, 422)

    def _rendered(self, page: Page | None, asked: Asked, view: View) -> Response:
        text = self.environment.get_template(view.template).render(
            **self._common(page, asked), document=view.document, status=view.status, **view.context
        )
        return HTMLResponse(text, view.status)

    def _common(self, page: Page | None, asked: Asked) -> dict[str, Any]:
        query = self._query(asked)
        return {
            "site": self,
            "page": page,
            "asked": asked,
            "book": asked.book,
            "ruleset": asked.book.ruleset,
            "case": asked.case,
            "twin_query": f"?{asked.query}" if asked.query else "",
            "query": query,
            "chosen_rules": f"{self._chosen(asked)}&" if self._chosen(asked) else "",
            "carried": parse_qsl(asked.case.query),
            "with_query": f"?{query}" if query else "",
            "tabs": [known for known in self.pages if known.tab],
            "starters": list(self.library.starters.values()),
            "notice": notice(asked.book.ruleset.card.as_of),
            "groups": form.groups(asked.case) if page is not None and page.needs_case else (),
            "label_control": form.label_control(asked.case),
            "label_name": LABEL,
            "fields": FIELD_BY_NAME,
            "study_body": lambda study: self._body(asked.book, study),
        }

    def _query(self, asked: Asked) -> str:
        """The case's query, with the ruleset where it is not the default."""
        return "&".join(text for text in (self._chosen(asked), asked.case.query) if text)

    def _chosen(self, asked: Asked) -> str:
        return urlencode({RULESET: asked.name}) if asked.name != self.library.default else ""

    def _body(self, book: Book, study: Study) -> Markup:
        """What is said of a study whoever the patient is, rendered once."""
        key = (book.ruleset.digest, study.id)
        known = self._bodies.get(key)
        if known is None:
            text = self.environment.get_template("study_body.html").render(study=study, document=book.shelf.study(study))
            known = self._bodies[key] = Markup(text)
        return known


def as_json(document: object, status: int = 200) -> Response:
    """A document as compact JSON: written several times faster than with line breaks."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
    return Response(text, status, media_type="application/json")
