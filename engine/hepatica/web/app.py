"""The web application: routes, static files, and bounds around all of it. Only GET; no cookies; no state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hepatica.problems import InvalidInput
from hepatica.web.kept import Busy
from hepatica.web.library import Library
from hepatica.web.limits import Guard
from hepatica.web.openapi import description
from hepatica.web.pages import pages
from hepatica.web.site import DRAWING, TWIN, Site, as_json
from hepatica.web.view import NotFound

if TYPE_CHECKING:
    from starlette.requests import Request

STATIC = Path(__file__).parent / "static"


def application(library: Library, hosts: Sequence[str] = ("*",)) -> Starlette:
    """The application over a library; `hosts` are the names it answers to (a page elsewhere cannot borrow another)."""
    site = Site(library, pages(library))
    openapi = description(site)
    routes: list[Route | Mount] = [
        Route("/", _home, methods=["GET"]),
        Route("/openapi.json", lambda _: as_json(openapi), methods=["GET"]),
        Mount("/static", _Static(directory=STATIC)),
    ]
    for page in site.pages:
        routes.append(Route(page.path + TWIN, site.twin(page), methods=["GET"]))
        if page.picture is not None:
            routes.append(Route(page.path + DRAWING, site.drawing(page), methods=["GET"]))
        routes.append(Route(page.path, site.html(page), methods=["GET"]))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard), Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        exception_handlers={HTTPException: _failed(site), NotFound: _failed(site), InvalidInput: _failed(site), Busy: _busy},
    )


class _Static(StaticFiles):
    """Files that a browser may keep, and asks again before using: after an upgrade none is out of date."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(*given, **named)
        response.headers["cache-control"] = "no-cache"
        return response


def _home(request: Request) -> Response:
    query = request.scope["query_string"].decode("latin-1")
    return RedirectResponse(f"/answer?{query}" if query else "/answer")


def _busy(request: Request, error: Exception) -> Response:
    return PlainTextResponse("Others are being served; please try again.\n", 503, {"retry-after": "5"})


def _failed(site: Site) -> Callable[[Request, Exception], Response]:
    def handler(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 422 if isinstance(error, InvalidInput) else 404
        message = error.detail if isinstance(error, HTTPException) else str(error)
        message = "There is no page at this address." if message == "Not Found" else message
        twin = request.url.path.endswith(TWIN)
        response = as_json({"notice": site.notice(), "error": message}, status) if twin else site.missing(message, status)
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    return handler
